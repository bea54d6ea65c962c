/** On a phone a form asks one thing a screen; on a wider screen, and without scripts, everything stands on one page. */
export function walkSteps(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-form]");
  const steps = [...(form?.querySelectorAll<HTMLElement>("[data-step]") ?? [])];
  if (!form || steps.length < 2) return;
  const words = form.querySelector<HTMLElement>("[data-step-words]");
  const acts = form.querySelector<HTMLElement>("[data-step-acts]");
  const end = form.querySelector<HTMLElement>("[data-step-end]");
  const back = form.querySelector<HTMLButtonElement>("[data-step-back]");
  const on = form.querySelector<HTMLButtonElement>("[data-step-on]");
  if (!words || !acts || !end || !back || !on) return;
  const narrow = window.matchMedia("(max-width: 640px)");
  // Somebody who corrects sees all of it: the list at the top leads to each place.
  const correcting = document.querySelector("#faults, .note-warn") !== null;
  let now = 0;

  const show = (moved: boolean): void => {
    const stepping = narrow.matches && !correcting;
    form.classList.toggle("stepping", stepping);
    steps.forEach((step, index) => step.classList.toggle("step-now", index === now));
    const last = now === steps.length - 1;
    words.hidden = !stepping;
    acts.hidden = !stepping;
    back.hidden = now === 0;
    on.hidden = last;
    end.hidden = stepping && !last;
    words.textContent = (words.dataset["words"] ?? "").replace("{now}", String(now + 1)).replace("{all}", String(steps.length));
    if (moved) steps[now]?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  };

  on.addEventListener("click", () => {
    now = Math.min(now + 1, steps.length - 1);
    show(true);
  });
  back.addEventListener("click", () => {
    now = Math.max(now - 1, 0);
    show(true);
  });
  form.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key !== "Enter" || !typing || !form.classList.contains("stepping") || now === steps.length - 1) return;
    event.preventDefault();
    on.click();
  });
  narrow.addEventListener("change", () => show(false));
  show(false);
}
