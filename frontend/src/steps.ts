const FEW = 4; // so many questions fit on a wide screen

/**
 * A form asks one thing a screen on a phone, and a section a screen on a wider one, unless it is short; without scripts everything
 * stands on one page. Progress is said in words.
 */
export function walkSteps(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-form]");
  if (!form) return;
  const questions = [...form.querySelectorAll<HTMLElement>("[data-step]")];
  const sections = [...form.querySelectorAll<HTMLElement>(".step-section")];
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

  const steps = (): HTMLElement[] => {
    if (narrow.matches) return questions;
    return questions.length > FEW ? sections : [];
  };

  const show = (moved: boolean): void => {
    const all = steps();
    const stepping = all.length > 1 && !correcting;
    now = Math.max(0, Math.min(now, all.length - 1));
    form.classList.toggle("stepping", stepping);
    for (const one of [...questions, ...sections]) one.classList.toggle("step-now", one === all[now]);
    const last = now >= all.length - 1;
    words.hidden = !stepping;
    acts.hidden = !stepping;
    back.hidden = now === 0;
    on.hidden = last;
    end.hidden = stepping && !last;
    words.textContent = (words.dataset["words"] ?? "").replace("{now}", String(now + 1)).replace("{all}", String(all.length));
    if (!moved) return;
    form.scrollIntoView({ block: "start" });
    const first = all[now]?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea");
    (first ?? words).focus({ preventScroll: true });
  };

  on.addEventListener("click", () => {
    now += 1;
    show(true);
  });
  back.addEventListener("click", () => {
    now = Math.max(now - 1, 0);
    show(true);
  });
  form.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key !== "Enter" || !typing || !form.classList.contains("stepping") || now === steps().length - 1) return;
    event.preventDefault();
    on.click();
  });
  narrow.addEventListener("change", () => {
    now = 0;
    show(false);
  });
  show(false);
}
