/**
 * Keys of the desk: j and k walk the table, Enter opens, x ticks; a, s and r do, ask and refuse, n goes on, / finds, ? shows the keys.
 * Each can also be reached by Tab. What changes a case is asked for once more, so that a slip of the finger decides nothing.
 */
export function listenToKeys(): void {
  const sheet = document.querySelector<HTMLDialogElement>("#keys");
  const sure = document.querySelector<HTMLDialogElement>("#sure");
  if (!sheet || !sure) return;
  const rows = [...document.querySelectorAll<HTMLTableRowElement>("tr[data-row]")];
  let at = -1;

  const go = (to: number): void => {
    if (rows.length === 0) return;
    rows[at]?.classList.remove("row-now");
    at = Math.max(0, Math.min(to, rows.length - 1));
    rows[at]?.classList.add("row-now");
    rows[at]?.querySelector<HTMLElement>("a")?.focus();
  };

  for (const opener of document.querySelectorAll<HTMLButtonElement>("[data-keys]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => sheet.showModal());
  }
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (sheet.open || sure.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && target instanceof HTMLElement && isTypedInto(target)) {
      target.blur();
      return;
    }
    if (target instanceof HTMLElement && isTypedInto(target)) return;
    switch (event.key) {
      case "j":
        go(at + 1);
        break;
      case "k":
        go(at - 1);
        break;
      case "x":
        rows[at]?.querySelector<HTMLInputElement>("[data-pick]")?.click();
        break;
      case "/":
        event.preventDefault();
        document.querySelector<HTMLElement>("#find")?.focus();
        break;
      case "?":
        sheet.showModal();
        break;
      case "a":
      case "r":
      case "s":
      case "n":
        event.preventDefault();
        press(event.key, sure);
        break;
      default:
    }
  });
}

function isTypedInto(one: HTMLElement): boolean {
  return one instanceof HTMLTextAreaElement || one instanceof HTMLSelectElement || (one instanceof HTMLInputElement && one.type !== "checkbox");
}

/** What a key stands for on this page: a link is followed, a fold opened, a button asked about and pressed. */
function press(key: string, sure: HTMLDialogElement): void {
  const one = document.querySelector<HTMLElement>(`[data-key="${key}"]`);
  if (one instanceof HTMLAnchorElement) one.click();
  if (one instanceof HTMLDetailsElement) {
    one.open = true;
    one.querySelector<HTMLElement>("input:not([type=hidden]):not(:disabled), button")?.focus();
  }
  if (!(one instanceof HTMLButtonElement)) return;
  if (!one.form) {
    one.click();
    return;
  }
  const reason = one.form.querySelector<HTMLTextAreaElement>("#reason");
  if ("needsReason" in one.dataset && reason && reason.value.trim() === "") {
    reason.focus();
    return;
  }
  ask(one, one.form, sure);
}

function ask(button: HTMLButtonElement, form: HTMLFormElement, sure: HTMLDialogElement): void {
  const act = sure.querySelector("[data-sure-act]");
  const about = sure.querySelector("[data-sure-about]");
  const words = button.cloneNode(true);
  if (!act || !about || !(words instanceof HTMLElement)) return;
  for (const hint of words.querySelectorAll("kbd")) hint.remove();
  act.textContent = words.textContent?.trim() ?? "";
  about.textContent = form.dataset["about"] ?? "";
  sure.returnValue = "no";
  sure.addEventListener(
    "close",
    () => {
      if (sure.returnValue === "yes") form.requestSubmit(button);
      else button.focus();
    },
    { once: true },
  );
  sure.showModal();
}
