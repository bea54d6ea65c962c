import { civil } from "./dates.ts";

/** What somebody answered to one question, in the words of the page: titles instead of codes, and covered what is covered. */
function answerOf(question: HTMLElement, review: HTMLElement): string {
  const { yes = "", no = "", nothing = "" } = review.dataset;
  const known = question.querySelector<HTMLElement>(".known-value");
  if (known) return wordsOf(known);
  if (question.querySelector("[data-file]")) {
    const id = question.querySelector<HTMLInputElement>("[data-file-id]");
    const parts = ["[data-file-name]", "[data-file-size]"].map((one) => wordsOf(question.querySelector<HTMLElement>(one)));
    return id?.value ? parts.join(" ") : nothing;
  }
  const box = question.querySelector<HTMLInputElement>("input[type=checkbox]");
  if (box) return box.checked ? yes : no;
  const controls = question.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(".answer:not([type=hidden])");
  return [...controls].map(shownOf).filter(Boolean).join(document.documentElement.lang.startsWith("zh") ? "" : ", ") || nothing;
}

function shownOf(control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): string {
  const value = control.value.trim();
  if (value === "") return "";
  if (control instanceof HTMLSelectElement) return control.selectedOptions[0]?.text ?? "";
  return control.type === "date" ? civil(value, document.documentElement.lang) : value;
}

function wordsOf(element: HTMLElement | null): string {
  return (element?.textContent ?? "").trim();
}

/**
 * The last screen before sending: every question with its answer, each with a button that leads back to it. It is written anew whenever
 * it is shown, and emptied when it is left: nothing that is found on the page by its title stands there twice.
 */
export class Review {
  constructor(
    readonly screen: HTMLElement,
    private readonly list: HTMLElement,
    private readonly line: HTMLTemplateElement,
  ) {}

  static in(form: HTMLElement): Review | undefined {
    const screen = form.querySelector<HTMLElement>("[data-review]");
    const list = screen?.querySelector<HTMLElement>("[data-review-list]");
    const line = screen?.querySelector<HTMLTemplateElement>("template");
    return screen && list && line ? new Review(screen, list, line) : undefined;
  }

  show(questions: HTMLElement[], change: (question: HTMLElement) => void): void {
    this.list.replaceChildren(...questions.map((one) => this.lineOf(one, change)));
    this.screen.hidden = false;
  }

  hide(): void {
    this.list.replaceChildren();
    this.screen.hidden = true;
  }

  private lineOf(question: HTMLElement, change: (question: HTMLElement) => void): Node {
    const line = this.line.content.cloneNode(true) as DocumentFragment;
    const title = question.dataset["title"] ?? "";
    for (const one of line.querySelectorAll("[data-review-title]")) one.textContent = title;
    const answer = line.querySelector("[data-review-answer]");
    if (answer) answer.textContent = answerOf(question, this.screen);
    const words = line.querySelector("[data-review-change]");
    if (words && question.querySelector(".known")) words.textContent = this.screen.dataset["wrong"] ?? "";
    line.querySelector("button")?.addEventListener("click", () => change(question));
    return line;
  }
}
