import { showFault } from "./faults.ts";

/**
 * Checks of answers while somebody fills in a form: of single ones, as the element declares them, and of several together, as the form
 * does. The server says the same again, in the same words, and has the last word; what cannot be decided here is left to it.
 */
type Field = HTMLInputElement | HTMLSelectElement;

/** A condition between answers. names: how it calls a field → the field's name and type. at: the field at which its message stands. */
interface Joint {
  check: string;
  message: string;
  at: string;
  names: Record<string, { field: string; type: string }>;
}

export function checkFields(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-today]");
  const today = form?.dataset["today"];
  if (!form || !today) return;
  const joints = JSON.parse(form.dataset["checks"] ?? "[]") as Joint[];
  const named = new Set(joints.flatMap((joint) => Object.values(joint.names).map((one) => one.field)));
  for (const field of document.querySelectorAll<Field>("[data-check], input[name], select[name]")) {
    if (field.dataset["check"] === undefined && !(field.form === form && named.has(field.name))) continue;
    field.addEventListener("change", () => void check(field, form, joints, today));
  }
}

async function check(changed: Field, form: HTMLFormElement, joints: Joint[], today: string): Promise<void> {
  const { evaluate } = await import("./expressions.ts");
  const breaks = (condition: string, facts: Record<string, { type: string; value: unknown }>): boolean => {
    try {
      return evaluate(condition, { ...facts, today: { type: "date", value: today } }) === false;
    } catch {
      return false;
    }
  };
  const own = (field: Field): string => {
    const { check: condition, checkType: type = "text", checkMessage: message = "" } = field.dataset;
    if (condition === undefined) return "";
    return breaks(condition, { value: { type, value: answer(field, type) } }) ? message : "";
  };
  const together = ({ check: condition, names }: Joint): boolean =>
    breaks(
      condition,
      Object.fromEntries(
        Object.entries(names).map(([name, { field, type }]) => {
          const found = named(form, field);
          return [name, { type, value: found ? answer(found, type) : null }];
        }),
      ),
    );

  const concerned = joints.filter((joint) => Object.values(joint.names).some((one) => one.field === changed.name));
  for (const name of new Set([changed.name, ...concerned.map((joint) => joint.at)])) {
    const field = name === changed.name ? changed : named(form, name);
    if (!field) continue;
    const here = joints.filter((joint) => joint.at === name);
    const messages = [own(field), ...here.filter(together).map((joint) => joint.message)].filter((one) => one !== "");
    // What else the server said of an answer that nobody has changed since stays.
    const isOurs = here.some((joint) => shown(field).includes(joint.message));
    if (field === changed || messages.length > 0 || isOurs) showFault(field.id, field, messages.join(" "));
  }
}

function named(form: HTMLFormElement, name: string): Field | undefined {
  const found = form.elements.namedItem(name);
  return found instanceof HTMLInputElement || found instanceof HTMLSelectElement ? found : undefined;
}

function answer(field: Field, type: string): unknown {
  if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked ? true : null;
  const value = field.value.trim();
  if (value === "") return null;
  return type === "integer" ? Number(value) : value;
}

function shown(field: Field): string {
  return document.getElementById(`${field.id}-fault`)?.querySelector("[data-fault-text]")?.textContent ?? "";
}
