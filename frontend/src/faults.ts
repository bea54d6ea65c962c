/** Say at a question what is wrong with its answer, or take that back (`message` empty). The line is described by its controls. */
export function showFault(question: string, target: HTMLElement | null, message: string): void {
  const line = document.getElementById(`${question}-fault`);
  if (!line) return;
  const words = line.querySelector("[data-fault-text]");
  if (words) words.textContent = message;
  line.hidden = message === "";
  const field = line.closest<HTMLElement>("[data-field]");
  for (const one of field?.querySelectorAll("[aria-invalid]") ?? []) one.removeAttribute("aria-invalid");
  if (message) target?.setAttribute("aria-invalid", "true");
  field?.classList.toggle("field-faulty", message !== "");
}
