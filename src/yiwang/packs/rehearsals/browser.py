"""A driver through a real browser, with scripts: Chromium by Playwright. Names are what a screen reader says."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from yiwang.packs.rehearsals.attachments import Attachment
from yiwang.packs.rehearsals.drivers import SIGN_IN, NotForThisDriver
from yiwang.packs.rehearsals.http import LANGUAGE_COOKIE
from yiwang.packs.rehearsals.pages import NotSeen, Page
from yiwang.packs.values import CannotPlay

__all__ = ["BrowserDriver", "NoBrowser", "open_browser"]

PATIENCE_MS = 15_000
TURN_MS = 25
LEAVING = """
addEventListener("submit", (event) => { if (!event.defaultPrevented) window.leavesNow = true; });
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const here = link && link.hash && link.href.split("#")[0] === location.href.split("#")[0];
  if (link && !here && !event.defaultPrevented && !link.target && link.protocol.startsWith("http")) window.leavesNow = true;
});
"""
QUIET_TURNS = 3  # turns without a request: what a change sets off starts within two
REFUSED = 422
MOST_SCREENS = 60  # of one form
SIZE = {"width": 1440, "height": 900}
FIELDS = "input:not([type=hidden]):not([type=submit]):not([type=button]), select, textarea"


class NoBrowser(CannotPlay):
    """There is no browser to play in; the message says what to install."""


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start a browser without a window for the time of the block."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as fault:
        raise NoBrowser("Playing in a browser needs what development needs. Run: make tools") from fault
    # Playwright keeps an event loop running in this thread; Django takes that for asynchronous code, which it is not.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    named = os.environ.get("YIWANG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=named, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


class BrowserDriver:
    """One person at the portal or the desk, in a browser window of his own. What its console says is kept."""

    def __init__(self, browser: Any, root: str, face: str, language: str) -> None:
        self.root = root
        self.face = face
        self._context = browser.new_context(locale=language, viewport=SIZE, base_url=root)
        self._context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language.lower(), "url": root}])
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(LEAVING)
        self._page = self._context.new_page()
        self._status = 0
        self._console: list[str] = []
        self._under_way: set[Any] = set()
        self._asked = 0
        self._held = False
        self._page.on("request", self._begun)
        self._page.on("requestfinished", lambda one: self._under_way.discard(one))
        self._page.on("requestfailed", lambda one: self._under_way.discard(one))
        self._page.on("response", self._heard)
        self._page.on("console", self._said)
        self._page.on("pageerror", lambda fault: self._console.append(str(fault)))

    def _begun(self, request: Any) -> None:
        self._asked += 1
        self._under_way.add(request)

    def _heard(self, response: Any) -> None:
        """Keep the status of what a person asked for: pages, and what a page's scripts ask for in their place."""
        asked_by_person = response.request.resource_type in {"document", "xhr", "fetch"}
        if asked_by_person and not 300 <= response.status < 400:
            self._status = response.status
        elif response.status >= 400:
            self._console.append(f"{response.status} for {response.url}")

    def _said(self, message: Any) -> None:
        """Keep what a page complains of; that something did not load is known from its answer."""
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self._console.append(message.text)

    # ── What is shown ───────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self) -> Page:
        """The page as it is now, read as without scripts. What has been typed counts as content."""
        self._page.evaluate(
            """() => {
                for (const one of document.querySelectorAll("input, textarea, option")) {
                    if (one.type === "checkbox" || one.type === "radio") one.toggleAttribute("checked", one.checked);
                    else if (one.tagName === "OPTION") one.toggleAttribute("selected", one.selected);
                    else if (one.tagName === "TEXTAREA") one.textContent = one.value;
                    else if (one.type !== "file" && one.type !== "password") one.setAttribute("value", one.value);
                }
            }"""
        )
        return Page(self._page.url, self.status, self._page.content().encode())

    @property
    def address(self) -> str:
        parts = urlsplit(str(self._page.url))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def status(self) -> int:
        return int(self._status)

    @property
    def text(self) -> str:
        return f"{self._page.title()} {self._page.inner_text('body')}"

    @property
    def problem(self) -> str:
        return self._read().problem

    def beside(self, label: str) -> str:
        return self._read().beside(label)

    def content(self, label: str) -> str:
        return self._read().content(label)

    def fault_at(self, label: str) -> str:
        return self._read().fault_at(label)

    # ── What is done ────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        self.go("/desk/" if self.face == "desk" else "/")

    def go(self, address: str) -> None:
        self._status = 0
        self._page.goto(urljoin(self.root, address))
        self._wait()

    def sign_in(self, login: str, password: str, post: str) -> None:
        self.go(SIGN_IN[self.face])
        form = self._page.locator("form").filter(has=self._page.locator("input[type=password]")).first
        form.locator("input[type=text], input[type=email], input:not([type])").first.fill(login)
        form.locator("input[type=password]").first.fill(password)
        self._click(form.locator("button[type=submit], button:not([type]), input[type=submit]").first)
        if post and self.status < 400:
            offered = self._page.get_by_role("button", name=post)
            if offered.count():
                self._click(offered.first)
            elif post not in self.text:
                raise NotSeen(f"The post “{post}” is not offered after signing in.")

    def find(self, text: str) -> None:
        if self._named("link", text).count():
            return
        field = self._page.locator("[role=search] input:not([type=hidden]), input[type=search]").first
        if not field.count():
            raise NotSeen(f"There is no link “{text}”, and the page has no search.")
        field.fill(text)
        field.press("Enter")
        self._wait()
        try:
            self._named("link", text).first.wait_for()
        except Exception as fault:
            raise NotSeen(f"Searching for “{text}” shows no such link.") from fault

    def follow(self, link: str, beside: str) -> None:
        folded = self._page.locator("details:not([open]) > summary").filter(has_text=link)
        if not self._named("link", link).count() and folded.count():
            folded.first.click()
        else:
            self._click(self._one("link", link, beside))

    def press(self, button: str, beside: str, twice: bool) -> None:
        """Twice is a double click, as an impatient person makes it: what comes of it is for the page and the city to see to.

        Who cannot come as far as the button, because answers before it are missing or wrong, is refused as he would be there.
        """
        try:
            found = self._one("button", button, beside)
        except NotSeen:
            if not self._held:
                raise
            self._status = REFUSED
            return
        self._click(found, times=2 if twice else 1)

    def fill(self, label: str, value: object, within: Any = None) -> None:
        if isinstance(value, dict):
            for part, content in value.items():
                self.fill(str(part), content, self._group(label))
            return
        field = self._field(label, within)
        kind = field.evaluate("one => one.type || one.tagName.toLowerCase()")
        if (kind == "file") != isinstance(value, Attachment):
            raise NotSeen(f"The field “{label}” takes {'a file' if kind == 'file' else 'no file'}.")
        if isinstance(value, Attachment):
            field.set_input_files({"name": value.name, "mimeType": value.media_type, "buffer": value.content})
        elif kind in {"fieldset", "div"}:
            for choice in value if isinstance(value, list) else [value]:
                self._choice(field, label, str(choice)).check()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "radio":
            field.check()
        elif kind.startswith("select"):
            self._select(field, label, value if isinstance(value, list) else [value])
        else:
            self._type(field, str(value))
        self._wait()

    def _choice(self, group: Any, label: str, choice: str) -> Any:
        """One of several to choose from; what explains a choice belongs to its name for a browser."""
        for exact in (True, False):
            found = group.get_by_label(choice, exact=exact)
            if found.count():
                return found.first
        raise NotSeen(f"“{label}” does not offer “{choice}”.")

    def _select(self, field: Any, label: str, values: list[object]) -> None:
        offered = [" ".join(text.split()) for text in field.locator("option").all_inner_texts()]
        for value in values:
            if str(value) not in offered:
                raise NotSeen(f"“{label}” does not offer “{value}”. It offers {', '.join(offered[:20])}.")
        field.select_option(label=[str(value) for value in values])

    def _type(self, field: Any, text: str) -> None:
        """Type as a person does. Where typing brings suggestions, take the one that says what was typed."""
        if field.get_attribute("role") != "combobox":
            field.fill(text)
            return
        field.click()
        field.fill("")
        field.press_sequentially(text)
        offered = self._page.get_by_role("option").filter(has_text=text)
        try:
            offered.first.wait_for()
        except Exception as fault:
            raise NotSeen(f"Typing “{text}” suggests nothing.") from fault
        offered.first.click()

    def call(self, operation: str, arguments: dict[str, Any]) -> None:
        raise NotForThisDriver(f"Only `face: api` calls operations such as {operation}.")

    # ── How it is found ─────────────────────────────────────────────────────────────────────────────────────────────

    def _named(self, role: str, name: str) -> Any:
        exact = self._page.get_by_role(role, name=name, exact=True)
        if exact.count():
            return exact
        # A part that only ears hear is set off by a space, which Chinese does not write.
        apart = r"\s*".join(re.escape(one) for one in re.sub(r"\s+", "", name))
        whole = self._page.get_by_role(role, name=re.compile(f"^{apart}$"))
        return whole if whole.count() else self._page.get_by_role(role, name=re.compile(apart))

    def _screens(self) -> Iterator[None]:
        """The page as it stands, and then each further screen of a form that asks one thing after the other: on to its end, and back."""
        self._held = False
        yield
        for button in (self._page.locator("[data-step-on]:visible"), self._page.locator("[data-step-back]:visible")):
            for _turned in range(MOST_SCREENS):
                if not button.count():
                    break
                before = self._steps.inner_text()
                button.first.click()
                self._wait()
                if self._steps.inner_text() == before:  # what is missing on a screen is said there, and it is not left
                    self._held = True
                    break
                yield

    @property
    def _steps(self) -> Any:
        """The words for how far one is in a form that asks one thing after the other."""
        return self._page.locator("[data-step-words]")

    def _one(self, role: str, name: str, beside: str) -> Any:
        for _screen in self._screens():
            found = self._named(role, name)
            if found.count():
                break
        if not found.count():
            present = [text for text in self._page.get_by_role(role).all_inner_texts() if text.strip()]
            raise NotSeen(
                f"There is no {role} “{name}”. There is {', '.join(' '.join(one.split()) for one in present[:20])}."
            )
        if not beside:
            return found.first
        for around in ("tr", "li", "article", "fieldset", "form", ".card", "section", "main", "body"):
            rows = self._page.locator(around).filter(has_text=beside).filter(has=found)
            if rows.count():
                return rows.last.locator(found).first
        raise NotSeen(f"There is no {role} “{name}” beside “{beside}”.")

    def _group(self, label: str) -> Any:
        for _screen in self._screens():
            if (found := self._find_group(label)) is not None:
                return found
        raise NotSeen(f"There is no group of fields “{label}”. {self._read_names()}")

    def _find_group(self, label: str) -> Any:
        for exact in (True, False):
            for role in ("group", "radiogroup"):
                found = self._page.get_by_role(role, name=label, exact=exact)
                if found.count():
                    return found.first
        return None

    def _field(self, label: str, within: Any) -> Any:
        scope = self._page if within is None else within
        for _screen in self._screens():
            for exact in (True, False):
                found = scope.get_by_label(label, exact=exact).locator("visible=true")
                if found.count():
                    return found.first
            if within is None and (group := self._find_group(label)) is not None:
                return group
        raise NotSeen(f"There is no field “{label}”. {self._read_names()}")

    def _read_names(self) -> str:
        names = dict.fromkeys(name for name, _ in self._read().labelled())
        return f"There is {', '.join(f'“{name}”' for name in names)}."

    def _click(self, one: Any, times: int = 1) -> None:
        self._status = 0
        self._page.evaluate("window.leavesNow = false")
        asked = self._asked
        one.click(click_count=times)
        self._wait(asked)

    def _wait(self, asked: int | None = None) -> None:
        """Until the page is there and nothing that it asked for is under way any more.

        asked: how much it had asked for before a click. A page that is about to be left has more to ask: a busy browser begins late.
        """
        deadline = time.monotonic() + PATIENCE_MS / 1000
        quiet = 0
        while quiet < QUIET_TURNS:
            self._page.wait_for_timeout(TURN_MS)
            quiet = 0 if self._under_way or (self._asked == asked and self._leaves()) else quiet + 1
            if time.monotonic() > deadline:
                raise NotSeen(
                    f"The page still waits for {', '.join(one.url for one in self._under_way) or 'the next'}."
                )
        self._page.wait_for_load_state("load")

    def _leaves(self) -> bool:
        """Whether a form or a link of the page as it stands leads to another, which has not been asked for yet."""
        from playwright.sync_api import Error

        try:
            return bool(self._page.evaluate("window.leavesNow === true"))
        except Error:  # the page is just being replaced
            return False

    # ── How it looks ────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self._page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
        faults = [f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})" for one in found["violations"]]
        wide = self._page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        faults += ["The page is wider than the window."] if wide else []
        return faults + [f"The browser's console says {message}" for message in self._console]

    def picture(self, file: Path) -> Path | None:
        file = file.with_suffix(".png")
        self._page.screenshot(path=str(file), full_page=True)
        return file

    def close(self) -> None:
        self._context.close()
