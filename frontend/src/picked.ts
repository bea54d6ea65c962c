import { sizeOf } from "./uploads.ts";

/** A file that goes with its form is named beside the button, with its size, in the language of the page. */
export function namePickedFiles(): void {
  for (const words of document.querySelectorAll<HTMLElement>("[data-file-picked]")) {
    const input = words.closest(".file-box")?.querySelector<HTMLInputElement>("input[type=file]");
    const say = (): void => {
      const file = input?.files?.[0];
      words.textContent = file ? `${file.name} · ${sizeOf(file.size)}` : (words.dataset["none"] ?? "");
    };
    input?.addEventListener("change", say);
    say();
  }
}
