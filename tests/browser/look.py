"""What can be wrong with a page that a browser shows: every fault by a sentence with the page, so that all are seen at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polib
from axe_playwright_python.base import AXE_SCRIPT

from yiwang.identity.rules.agents import BROWSERS, SYSTEMS

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "src" / "yiwang" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--lang=zh-CN",
]
WIDTHS = (1440, 720, 390, 320)
"""Desktop; desktop at 200 %; phone; the narrowest that WCAG 1.4.10 asks for."""
LATIN_ALLOWED = {"English", "Ctrl", "Enter", "Tab", "JPEG", "JSON", "KB", "MB", "PDF", "PNG", "pdf"} | {
    word for _mark, name in (*BROWSERS, *SYSTEMS) for word in re.findall("[A-Za-z]{2,}", name)
}
SMALLEST_TARGET = 43.5

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
CLIPPED = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  if (style.display === "none" || style.visibility === "hidden" || !one.getClientRects().length) return false;
  const hides = /hidden|clip/.test(style.overflowX) || style.textOverflow === "ellipsis";
  const outside = one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !one.closest(".list-box");
  if (!((hides && one.scrollWidth > one.clientWidth + 1) || outside)) return false;  // or every text of the page is laid out anew
  return one.innerText?.trim() && !one.closest(".for-ears, thead, svg, .skip, dialog:not([open]), select, option, meter");
}).map((one) => `${one.tagName.toLowerCase()}.${one.className} “${one.innerText.trim().slice(0, 40)}”`).slice(0, 5)"""
SMALL = """(least) => [...document.querySelectorAll(
  "button, summary, select, input:not([type=hidden], [type=checkbox], [type=radio]), textarea, .choice, .btn, .btn-plain, nav a, .foot a")]
  .filter((one) => one.getClientRects().length && !one.closest(".for-ears, dialog:not([open])")
    && !(one.tagName === "INPUT" && one.closest(".search")))
  .filter((one) => one.getBoundingClientRect().height < least)
  .map((one) => `${one.tagName.toLowerCase()}.${one.className} “${(one.innerText || one.name || "").trim().slice(0, 30)}” ` +
       one.getBoundingClientRect().height).slice(0, 5)"""
WORDS = """() => {
  const copy = document.body.cloneNode(true);
  const names = "code, kbd, svg, script, textarea, .number, .case-number, .receipt-number, .login, [lang=en], dialog";
  copy.querySelectorAll(names).forEach((one) => one.remove());
  return copy.textContent;
}"""


@dataclass
class Looker:
    """A page and what it has complained about.  expected: an HTTP status whose notice by the browser is no fault."""

    page: Any
    language: str
    said: list[str] = field(default_factory=list)
    expected: int = 0

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)

    def _hear(self, message: Any) -> None:
        if self.expected and f"status of {self.expected}" in message.text:
            return
        self.said.append(f"{message.type}: {message.text}")

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in str(request.failure):
            self.said.append(f"not loaded: {request.url} {request.failure}")

    def faults(self, widths: Iterable[int] = WIDTHS) -> list[str]:
        """Everything that is wrong with the page as it stands now.

        Colours and sizes have no language: contrast is measured, and 长者模式 looked at, on Chinese pages alone.
        """
        chinese = self.language == "zh-Hans"
        self.page.evaluate("document.fonts.ready.then(() => null)")
        found = [f"untranslated: {word}" for word in self._untranslated()]
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{width} px: {one}" for one in self._layout(targets=width == 390)]
            if width in {1440, 390}:
                found += [f"{width} px: {one}" for one in accessibility_faults(self.page, contrast=chinese)]
        if chinese:
            with elder_mode(self.page):
                found += [f"elder 390 px: {one}" for one in self._at(390)]
                found += [f"elder 1440 px: {one}" for one in self._at(1440)]
        return found + self.complaints()

    def complaints(self) -> list[str]:
        """What the browser itself has said about the page: console, errors, broken policy."""
        found = [*self.said, *self.page.evaluate("window.violations ?? []")]
        self.said.clear()
        return found

    def _at(self, width: int) -> list[str]:
        self.page.set_viewport_size({"width": width, "height": 900})
        return self._layout(targets=False)

    def _layout(self, *, targets: bool) -> list[str]:
        found = []
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            found.append(f"{wide} px wider than the window")
        found += [f"cut off: {one}" for one in self.page.evaluate(CLIPPED)]
        if targets:
            found += [f"too small to touch: {one}" for one in self.page.evaluate(SMALL, SMALLEST_TARGET)]
        return found

    def _untranslated(self) -> list[str]:
        text = self.page.evaluate(WORDS)
        if self.language == "zh-Hans":
            words = re.sub(r"https?://[\w.:-]+", "", text, flags=re.ASCII)  # an address is the same in every language
            return sorted(set(re.findall(r"[A-Za-z]{2,}", words)) - LATIN_ALLOWED)
        lines = {line.strip() for line in text.splitlines()}
        return sorted(lines & chinese_sentences())


def shoot(page: Any, name: str, language: str) -> None:
    """Keep pictures of a page where `make screenshots` wants them: desktop, phone, and the phone in 长者模式."""
    if not (folder := os.environ.get("YIWANG_SCREENSHOTS")):
        return

    def keep(kind: str, width: int) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(folder) / f"{language}-{kind}" / f"{name}.png", full_page=True)

    keep("1440", 1440)
    keep("390", 390)
    if language == "zh-Hans":
        with elder_mode(page):
            keep("elder", 390)


@contextmanager
def elder_mode(page: Any) -> Iterator[None]:
    page.evaluate("document.documentElement.classList.add('elder')")
    yield
    page.evaluate("document.documentElement.classList.remove('elder')")


def accessibility_faults(page: Any, *, contrast: bool) -> list[str]:
    """What axe finds, a sentence for each rule.  contrast: measure it too, which takes two thirds of the time."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
    violations = page.evaluate("(options) => axe.run(options).then((found) => found.violations)", options)
    return [
        f"axe {one['id']}: {one['help']} {one['nodes'][0]['html'][:160]} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in violations
    ]


@cache
def chinese_sentences() -> set[str]:
    """Words of the Chinese catalogue, to be found on no English page."""
    return {
        words for one in polib.pofile(str(CATALOGUE)) if (words := one.msgstr) and "{" not in words and len(words) > 1
    }
