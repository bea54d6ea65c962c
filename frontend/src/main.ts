import "@fontsource/noto-sans-sc/400.css";
import "@fontsource/noto-sans-sc/700.css";
import "htmx.org";
import "./styles/base.css";
import { checkFields } from "./checks.ts";
import { keepDrafts } from "./drafts.ts";
import { listenToKeys } from "./keys.ts";
import { offerPasskeys } from "./passkeys.ts";
import { namePickedFiles } from "./picked.ts";
import { walkSteps } from "./steps.ts";
import { handInFiles } from "./uploads.ts";

/** What pages do beyond HTML. Everything works without it; this makes it quicker. */
document.documentElement.classList.add("scripted");
document.querySelector<HTMLElement>("[data-focus]")?.focus();

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A form is sent once, however often its button is pressed; the button says that it waits.
for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset["sent"] === "yes") {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "yes";
    const button = event.submitter;
    if (button instanceof HTMLButtonElement) {
      button.setAttribute("aria-disabled", "true");
      const words = button.dataset["waits"];
      if (words) button.textContent = words;
    }
  });
}

// Coming back by the browser's button shows the page as it was: its forms may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
  for (const button of document.querySelectorAll("[aria-disabled=true]")) button.removeAttribute("aria-disabled");
});

// After htmx, which begins in a time-out of its own: drafts make it fetch the lists of places.
setTimeout(keepDrafts);
checkFields();
handInFiles();
namePickedFiles();
walkSteps();
offerPasskeys();
listenToKeys();
