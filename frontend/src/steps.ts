import { showFault } from "./faults.ts";
import { Review } from "./review.ts";

const FEW = 4; // so many questions fit on a wide screen
const PATIENCE_MS = 6000; // with the city that checks a step; what it did not say then, it says of the whole form

interface Fault {
  question: string;
  target: string;
  text: string;
}

/** The questions as screens: each its own, except known ones that follow each other in a section. */
function together(questions: HTMLElement[]): HTMLElement[][] {
  const screens: HTMLElement[][] = [];
  let before: HTMLElement | undefined;
  for (const one of questions) {
    const follows = before && isKnown(before) && isKnown(one) && before.closest(".step-section") === one.closest(".step-section");
    if (follows) screens.at(-1)?.push(one);
    else screens.push([one]);
    before = one;
  }
  return screens;
}

function isKnown(question: HTMLElement): boolean {
  return question.querySelector(".known") !== null || question.classList.contains("known");
}

/** What is wrong with the answers on a screen. The city says it, as it will of the whole form; out of its reach one goes on. */
async function faultsOn(form: HTMLFormElement, questions: HTMLElement[]): Promise<Fault[]> {
  const asked = questions.filter((one) => !isKnown(one));
  const underWay = asked.flatMap((one) => [...one.querySelectorAll<HTMLElement>("[data-file]:has([data-file-way]:not([hidden]))")]);
  if (underWay.length > 0) return underWay.map(fileUnderWay);
  if (asked.length === 0) return [];
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
  for (const one of asked) body.append("check", one.dataset["step"] ?? "");
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? ((await answer.json()) as { faults: Fault[] }).faults : [];
  } catch {
    return [];
  }
}

function fileUnderWay(field: HTMLElement): Fault {
  const id = field.querySelector("input[type=file]")?.id ?? "";
  return { question: id, target: id, text: field.dataset["wait"] ?? "" };
}

/** Show faults where they are corrected, and go to the first; ears hear all of them. */
function tell(faults: Fault[], said: HTMLElement): void {
  const first = faults[0];
  for (const one of new Set(faults.map((fault) => fault.question))) {
    const own = faults.filter((fault) => fault.question === one);
    const target = document.getElementById(own[0]?.target ?? "");
    showFault(one, target, own.map((fault) => fault.text).join(" "));
  }
  said.textContent = first ? `${said.dataset["words"]} ${faults.map((one) => one.text).join(" ")}` : "";
  if (first) document.getElementById(first.target)?.focus();
}

/**
 * A form asks one thing a screen on a phone, and a section a screen on a wider one, unless it is short; without scripts everything
 * stands on one page. What the city knows asks nothing: what stands together of it is one screen. A screen is left when its answers are
 * right; the last one shows all answers before they are sent. Progress is said in words.
 */
export function walkSteps(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-form]");
  if (!form) return;
  const questions = [...form.querySelectorAll<HTMLElement>("[data-step]")];
  const sections = [...form.querySelectorAll<HTMLElement>(".step-section")];
  const words = form.querySelector<HTMLElement>("[data-step-words]");
  const said = form.querySelector<HTMLElement>("[data-step-said]");
  const acts = form.querySelector<HTMLElement>("[data-step-acts]");
  const end = form.querySelector<HTMLElement>("[data-step-end]");
  const back = form.querySelector<HTMLButtonElement>("[data-step-back]");
  const on = form.querySelector<HTMLButtonElement>("[data-step-on]");
  const review = Review.in(form);
  if (!words || !said || !acts || !end || !back || !on || !review) return;
  const narrow = window.matchMedia("(max-width: 640px)");
  // Somebody who corrects sees all of it: the list at the top leads to each place.
  const correcting = document.querySelector("#faults, .note-warn") !== null;
  let now = 0;
  let changing = false; // one answer, on the way back to the review
  let here: HTMLElement[] = []; // the first question of the screen; none on the last, which asks nothing
  let asking = false; // the city whether the screen may be left
  let again = false; // somebody wants to go on while it is asked, perhaps with other answers

  const screens = (): HTMLElement[][] => {
    const steps = narrow.matches ? together(questions) : questions.length > FEW ? sections.map((one) => [one]) : [];
    return steps.length > 1 && !correcting ? [...steps, [review.screen]] : [];
  };
  const askedOn = (screen: HTMLElement[]): HTMLElement[] =>
    questions.filter((one) => screen.some((each) => each === one || each.contains(one)));

  const change = (question: HTMLElement): void => {
    changing = true;
    now = screens().findIndex((one) => askedOn(one).includes(question));
    show(question);
  };

  /** to: the question that one comes for; null: the first of the screen; undefined: one did not come from another screen. */
  const show = (to?: HTMLElement | null): void => {
    const all = screens();
    const stepping = all.length > 0;
    now = Math.max(0, Math.min(now, all.length - 1));
    here = askedOn(all[now] ?? []).slice(0, 1);
    const last = stepping && now === all.length - 1;
    if (last) changing = false;
    form.classList.toggle("stepping", stepping);
    for (const one of [...questions, ...sections]) one.classList.toggle("step-now", all[now]?.includes(one) ?? false);
    if (last) review.show(questions, change);
    else review.hide();
    said.textContent = "";
    words.hidden = !stepping;
    acts.hidden = !stepping;
    back.hidden = now === 0 || changing;
    on.hidden = last;
    on.classList.toggle("is-changing", changing);
    end.hidden = stepping && !last;
    words.textContent = (words.dataset["words"] ?? "").replace("{now}", String(now + 1)).replace("{all}", String(all.length));
    if (to === undefined) return;
    form.scrollIntoView({ block: "start" });
    const places = to ? [to] : (all[now] ?? []);
    const first = last
      ? review.screen.querySelector<HTMLElement>("h2")
      : places.map((one) => one.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")).find((one) => one !== null);
    (first ?? words).focus({ preventScroll: to === null });
  };

  const goOn = async (): Promise<void> => {
    again = asking;
    if (asking) return;
    asking = true;
    on.setAttribute("aria-busy", "true");
    const screen = now;
    const number = screens().length;
    const asked = askedOn(screens()[now] ?? []);
    let faults: Fault[];
    do {
      again = false;
      faults = await faultsOn(form, asked);
    } while (again);
    asking = false;
    on.removeAttribute("aria-busy");
    if (now !== screen || screens().length !== number) return; // one went back meanwhile, or turned the phone
    for (const one of asked.flatMap((each) => [...each.querySelectorAll<HTMLElement>(".field-fault")])) {
      showFault(one.id.replace(/-fault$/, ""), null, "");
    }
    tell(faults, said);
    if (faults.length > 0) return;
    now = changing ? screens().length - 1 : now + 1;
    show(null);
  };

  on.addEventListener("click", () => void goOn());
  back.addEventListener("click", () => {
    now = Math.max(now - 1, 0);
    show(null);
  });
  form.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key !== "Enter" || event.isComposing || !typing || !form.classList.contains("stepping") || on.hidden) return;
    event.preventDefault();
    on.click();
  });
  // A phone that is turned goes on with the question that it showed.
  narrow.addEventListener("change", () => {
    const all = screens();
    const at = all.findIndex((one) => here.some((question) => askedOn(one).includes(question)));
    now = here.length === 0 ? all.length - 1 : at;
    show();
  });
  show();
}
