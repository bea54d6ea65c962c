/**
 * What somebody types is saved by the city as he writes, and stays in this window (sessionStorage) until it has been: a reload, a lost
 * connection, an ended session or a wrong turn loses nothing. Nothing stays on a shared computer after the window is closed.
 */
const PREFIX = "yiwang-draft:";
const PAUSE = 1500;

export function keepDrafts(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-clears-drafts]")) {
    form.addEventListener("submit", clearAll);
  }
  const form = document.querySelector<HTMLFormElement>("form[data-form]");
  if (!form) {
    // A receipt after sending: the drafts of this window have done their work.
    if (location.pathname.startsWith("/receipts/")) clearAll();
    return;
  }
  const key = `${PREFIX}${form.dataset["account"]}:${form.dataset["form"]}`;
  // What stands here was not saved by the city yet, so it is newer than what came with the page; but not than what was just sent.
  if (form.dataset["filled"] !== "yes") restore(form, key);
  keepSaving(form, key);
}

/** Save a moment after the last change, and at once when the page is left. */
function keepSaving(form: HTMLFormElement, key: string): void {
  const said = form.querySelector<HTMLElement>("[data-saved]");
  const at = form.dataset["draftAt"];
  let waiting = 0;
  let changes = 0;
  const save = async (): Promise<void> => {
    window.clearTimeout(waiting);
    waiting = 0;
    if (!at || form.dataset["sent"] === "yes") return;
    const before = changes;
    const time = await savedAt(at, form);
    if (said) said.textContent = (said.dataset[time ? "text" : "here"] ?? "").replace("{time}", time);
    if (time && before === changes) sessionStorage.removeItem(key);
  };
  const changed = (): void => {
    changes += 1;
    sessionStorage.setItem(key, JSON.stringify(answersOf(form)));
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => void save(), PAUSE);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", (event) => {
    if (event.submitter instanceof HTMLButtonElement && event.submitter.name === "keep") sessionStorage.removeItem(key);
    window.clearTimeout(waiting);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && waiting) void save();
  });
}

/** The time at which the city saved it, or nothing when it could not be reached or asks who it is. */
async function savedAt(address: string, form: HTMLFormElement): Promise<string> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
  try {
    const answer = await fetch(address, { method: "POST", body, keepalive: true, redirect: "error" });
    return answer.ok ? ((await answer.json()) as { saved_at: string }).saved_at : "";
  } catch {
    return "";
  }
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
