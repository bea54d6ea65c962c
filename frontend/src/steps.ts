const FEW = 4; // so many questions fit on a wide screen

/** The questions as screens: each its own, except known ones that follow each other in a section. */
function together(questions: HTMLElement[]): HTMLElement[][] {
  const screens: HTMLElement[][] = [];
  let before: HTMLElement | undefined;
  for (const one of questions) {
    const follows = before && isKnown(before) && isKnown(one) && before.closest(".step-section") === one.closest(".step-section");
    if (follows) screens.at(-1)?.push(one);
    else screens.push([one]);
    before = one;
  }
  return screens;
}

function isKnown(question: HTMLElement): boolean {
  return question.querySelector(".known") !== null || question.classList.contains("known");
}

/**
 * A form asks one thing a screen on a phone, and a section a screen on a wider one, unless it is short; without scripts everything
 * stands on one page. What the city knows asks nothing: what stands together of it is one screen. Progress is said in words.
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

  const steps = (): HTMLElement[][] => {
    if (narrow.matches) return together(questions);
    return questions.length > FEW ? sections.map((one) => [one]) : [];
  };

  const show = (moved: boolean): void => {
    const all = steps();
    const stepping = all.length > 1 && !correcting;
    now = Math.max(0, Math.min(now, all.length - 1));
    form.classList.toggle("stepping", stepping);
    for (const one of [...questions, ...sections]) one.classList.toggle("step-now", all[now]?.includes(one) ?? false);
    const last = now >= all.length - 1;
    words.hidden = !stepping;
    acts.hidden = !stepping;
    back.hidden = now === 0;
    on.hidden = last;
    end.hidden = stepping && !last;
    words.textContent = (words.dataset["words"] ?? "").replace("{now}", String(now + 1)).replace("{all}", String(all.length));
    if (!moved) return;
    form.scrollIntoView({ block: "start" });
    const first = all[now]
      ?.map((one) => one.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea"))
      .find((one) => one !== null);
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
