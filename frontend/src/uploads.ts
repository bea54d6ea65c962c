/**
 * Files of a form go up as soon as they are chosen, and say how far they are; the form then names them. Without this script the
 * browser sends them with the form.
 */
interface HandedIn {
  id: string;
  name: string;
  size: number;
}

export function handInFiles(): void {
  for (const field of document.querySelectorAll<HTMLElement>("[data-file]")) {
    const widget = FileWidget.of(field);
    widget?.listen();
  }
}

class FileWidget {
  private request: XMLHttpRequest | undefined;

  private constructor(
    private readonly field: HTMLElement,
    private readonly form: HTMLFormElement,
    private readonly choice: HTMLInputElement,
    private readonly id: HTMLInputElement,
    private readonly shown: HTMLInputElement,
  ) {}

  static of(field: HTMLElement): FileWidget | undefined {
    const form = field.closest("form");
    const choice = field.querySelector<HTMLInputElement>("input[type=file]");
    const id = field.querySelector<HTMLInputElement>("[data-file-id]");
    const shown = field.querySelector<HTMLInputElement>("[data-file-shown]");
    return form && choice && id && shown ? new FileWidget(field, form, choice, id, shown) : undefined;
  }

  listen(): void {
    this.choice.addEventListener("change", () => this.chosen());
    this.shown.addEventListener("change", () => this.paint());
    this.part("[data-file-stop]").addEventListener("click", () => this.request?.abort());
    this.part("[data-file-remove]").addEventListener("click", (event) => {
      event.preventDefault();
      this.keep(undefined);
      this.say("removed");
      this.choice.focus();
    });
    // Before the listener that lets a form be sent once: a form with a file on its way is not sent.
    this.form.addEventListener(
      "submit",
      (event) => {
        if (!this.request) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        this.fault(this.field.dataset["wait"] ?? "");
      },
      { capture: true },
    );
    this.paint();
  }

  private chosen(): void {
    const file = this.choice.files?.[0];
    this.fault("");
    if (!file) return;
    if (file.size > Number(this.field.dataset["largest"])) {
      this.choice.value = "";
      this.fault(this.field.dataset["tooLarge"] ?? "");
      return;
    }
    this.send(file);
  }

  private send(file: File): void {
    this.request?.abort();
    const body = new FormData();
    body.append("element", this.field.dataset["file"] ?? "");
    body.append("file", file);
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", "/api/v1/files");
    request.setRequestHeader("X-CSRFToken", this.form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => this.far(event.loaded, file.size));
    request.addEventListener("load", () => {
      if (request.status === 201) {
        this.keep(request.response as HandedIn);
        this.say("done");
      } else {
        this.fault(reasonOf(request.response) || (this.field.dataset["lost"] ?? ""));
      }
    });
    request.addEventListener("error", () => this.fault(this.field.dataset["lost"] ?? ""));
    request.addEventListener("loadend", () => {
      if (this.request !== request) return;
      this.request = undefined;
      this.choice.value = "";
      this.part("[data-file-way]").hidden = true;
      this.part("[data-file-box]").hidden = false;
    });
    this.far(0, file.size);
    this.part("[data-file-way]").hidden = false;
    this.part("[data-file-box]").hidden = true;
    request.send(body);
  }

  private far(loaded: number, all: number): void {
    const percent = Math.min(100, Math.floor((100 * loaded) / Math.max(1, all)));
    this.field.querySelector<HTMLProgressElement>("progress")?.setAttribute("value", String(percent));
    const words = this.field.dataset["way"] ?? "";
    this.part("[data-file-percent]").textContent = words.replace("{percent}", String(percent)).replace("{size}", sizeOf(all));
  }

  private keep(file: HandedIn | undefined): void {
    this.id.value = file?.id ?? "";
    this.shown.value = file ? `${file.name} / ${file.size}` : "";
    this.paint();
    this.form.dispatchEvent(new Event("change"));
  }

  /** Show what the hidden fields say: they are what is sent, and what is restored. */
  private paint(): void {
    const [name = "", size = "0"] = this.shown.value.split(" / ");
    const link = this.field.querySelector<HTMLAnchorElement>("[data-file-name]");
    if (link) {
      link.textContent = name;
      if (this.id.value) link.href = `/files/${this.id.value}/`;
      else link.removeAttribute("href");
    }
    this.part("[data-file-size]").textContent = this.id.value ? sizeOf(Number(size)) : "";
    this.part("[data-file-kept]").hidden = this.id.value === "";
  }

  private fault(message: string): void {
    const words = this.field.querySelector("[data-fault-text]");
    const line = words?.closest<HTMLElement>(".field-fault");
    if (words) words.textContent = message;
    if (line) line.hidden = message === "";
    if (message) this.choice.setAttribute("aria-invalid", "true");
    else this.choice.removeAttribute("aria-invalid");
    this.field.classList.toggle("field-faulty", message !== "");
    this.part("[data-file-said]").textContent = message;
  }

  private say(what: string): void {
    this.part("[data-file-said]").textContent = this.field.dataset[what] ?? "";
  }

  private part(selector: string): HTMLElement {
    const found = this.field.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`The widget of a file has no ${selector}.`);
    return found;
  }
}

/** What a problem document says, in the words of the server. */
export function reasonOf(answer: unknown): string {
  const problem = answer as { title?: string; detail?: string; next_step?: string; errors?: { detail: string }[] } | null;
  if (!problem) return "";
  const listed = (problem.errors ?? []).map((one) => one.detail).join(" ");
  return listed || [problem.title, problem.detail, problem.next_step].filter(Boolean).join(" ");
}

/** A size in words: 12 KB, 3.4 MB. */
export function sizeOf(bytes: number): string {
  return bytes < 1 << 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / (1 << 20)).toFixed(1).replace(/\.0$/, "")} MB`;
}
