/**
 * What somebody types stays in this window (sessionStorage) until it is sent or he signs out: a reload, a crash of the tab's
 * page or a wrong turn loses nothing. Nothing goes to other windows or stays on a shared computer after the window is closed.
 */
const PREFIX = "yiwang-draft:";

export function keepDrafts(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-clears-drafts]")) {
    form.addEventListener("submit", clearAll);
  }
  const form = document.querySelector<HTMLFormElement>("form[data-form]");
  if (!form) {
    // A receipt or a list after sending: the drafts of this window have done their work.
    if (location.pathname.startsWith("/receipts/")) clearAll();
    return;
  }
  const key = `${PREFIX}${form.dataset["account"]}:${form.dataset["form"]}`;
  const said = form.querySelector<HTMLElement>("[data-saved]");
  if (form.dataset["filled"] !== "yes") restore(form, key);
  const save = (): void => {
    sessionStorage.setItem(key, JSON.stringify(answersOf(form)));
    if (said && !said.textContent) said.textContent = said.dataset["text"] ?? "";
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
}

function clearAll(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}

function questions(form: HTMLFormElement): (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] {
  return [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(".answer, .choice input")];
}

function answersOf(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries(
    questions(form).map((one) => [one.name, one instanceof HTMLInputElement && one.type === "checkbox" ? String(one.checked) : one.value]),
  );
}

/** Fill in what was typed before. The lists of places narrow each other, so each is chosen once its list has arrived. */
function restore(form: HTMLFormElement, key: string): void {
  const kept = sessionStorage.getItem(key);
  if (!kept) return;
  const answers = JSON.parse(kept) as Record<string, string>;
  for (const one of questions(form)) {
    const value = answers[one.name];
    if (value === undefined || one instanceof HTMLSelectElement) continue;
    if (one instanceof HTMLInputElement && one.type === "checkbox") one.checked = value === "true";
    else one.value = value;
    if (one.type === "hidden") one.dispatchEvent(new Event("change")); // what shows it paints itself anew
  }
  const choose = (): void => {
    for (const one of form.querySelectorAll("select")) {
      const value = answers[one.name];
      if (!value || one.value === value || ![...one.options].some((option) => option.value === value)) continue;
      one.value = value;
      one.dispatchEvent(new Event("change", { bubbles: true }));
      if (one.hasAttribute("hx-get")) return; // the next list is on its way
    }
  };
  document.addEventListener("htmx:after:process", choose);
  form.addEventListener("input", () => document.removeEventListener("htmx:after:process", choose), { once: true });
  choose();
}
