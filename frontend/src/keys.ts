/** Keys of the desk: j and k walk the table, Enter opens, / finds, ? shows the keys. Each can also be reached by Tab. */
export function listenToKeys(): void {
  const sheet = document.querySelector<HTMLDialogElement>("#keys");
  if (!sheet) return;
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
    const typing = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey || sheet.open) return;
    switch (event.key) {
      case "j":
        go(at + 1);
        break;
      case "k":
        go(at - 1);
        break;
      case "/":
        event.preventDefault();
        document.querySelector<HTMLElement>("#find")?.focus();
        break;
      case "?":
        sheet.showModal();
        break;
      case "a":
        document.querySelector<HTMLElement>("[data-key=a]")?.focus();
        break;
      case "r":
        document.querySelector<HTMLElement>("[data-key=r]")?.focus();
        break;
      default:
    }
  });
}
