import { showFault } from "./faults.ts";

/**
 * Checks of single answers while somebody fills in a form, as the element declares them. The server says the same again, in the
 * same words, and has the last word; what cannot be decided here is left to it.
 */
export function checkFields(): void {
  const fields = document.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[data-check]");
  const today = document.querySelector<HTMLElement>("form[data-today]")?.dataset["today"];
  if (fields.length === 0 || !today) return;
  for (const field of fields) field.addEventListener("change", () => void check(field, today));
}

async function check(field: HTMLInputElement | HTMLSelectElement, today: string): Promise<void> {
  const { evaluate } = await import("./expressions.ts");
  const { check: condition = "", checkType: type = "text", checkMessage: message = "" } = field.dataset;
  let fits: unknown;
  try {
    const value = field.value.trim();
    fits = evaluate(condition, {
      value: { type, value: value === "" ? null : type === "integer" ? Number(value) : value },
      today: { type: "date", value: today },
    });
  } catch {
    fits = undefined;
  }
  showFault(field.id, field, fits === false ? message : "");
}
