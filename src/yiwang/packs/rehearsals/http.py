"""Drivers over plain HTTP: a page reader without scripts, and a caller of the API.

DO NOT ask anything but the city on this machine: a rehearsal never leaves it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit
from uuid import uuid4

from yiwang.packs.rehearsals.attachments import Attachment
from yiwang.packs.rehearsals.drivers import SIGN_IN, NotForThisDriver
from yiwang.packs.rehearsals.pages import Ask, NotSeen, Page, normal, pick

__all__ = ["ApiDriver", "Answer", "HttpDriver", "Line"]

PATIENCE_SECONDS = 60
MOST_REDIRECTS = 10
LANGUAGE_COOKIE = "yiwang_language"
CSRF_COOKIE = "yiwang_csrf"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    address: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Line:
    """One person's way to a city, with his cookies.  root: `http://127.0.0.1:8460`."""

    def __init__(self, root: str, language: str) -> None:
        self.root = root
        self.cookies: dict[str, str] = {LANGUAGE_COOKIE: language}
        self.language = language

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request and return its answer. Redirects are not followed, and nothing is ever sent twice."""
        address = urljoin(self.root, address)
        if urlsplit(address).netloc != urlsplit(self.root).netloc:
            raise NotSeen(f"{address} is not in this city.")
        sent = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Language": self.language,
            "Origin": self.root,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        target = urlsplit(address)._replace(scheme="", netloc="", fragment="").geturl() or "/"
        target = quote(target, safe="/?&=%:@+,;~!$'()*-._#[]")
        parts = urlsplit(self.root)
        with closing(HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE_SECONDS)) as connection:
            try:
                connection.request(method, target, body, sent)
                answer = connection.getresponse()
                content = answer.read()
            except (HTTPException, OSError) as fault:
                raise NotSeen(f"The city does not answer {method} {target}: {fault!r}") from fault
        told = answer.getheaders()
        for name, value in told:
            if name.lower() == "set-cookie":
                self._keep(value)
        return Answer(address, answer.status, {name.lower(): value for name, value in told}, content)

    def _keep(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            if morsel.value and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)


class HttpDriver:
    """One person at the portal or the desk, without scripts."""

    def __init__(self, root: str, face: str, language: str) -> None:
        self.line = Line(root, language.lower())
        self.face = face
        self.page = Page(root + "/", 200, b"<html></html>")

    @property
    def address(self) -> str:
        parts = urlsplit(self.page.address)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def status(self) -> int:
        return self.page.status

    @property
    def text(self) -> str:
        return f"{self.page.title} {self.page.text}"

    @property
    def problem(self) -> str:
        return self.page.problem

    def begin(self) -> None:
        self.go("/desk/" if self.face == "desk" else "/")

    def go(self, address: str) -> None:
        self._ask(Ask("GET", urljoin(self.line.root, address)))

    def sign_in(self, login: str, password: str, post: str) -> None:
        self.go(SIGN_IN[self.face])
        self._ask(self.page.sign_in(login, password))
        if post and self.status < 400:
            self._choose_post(post)

    def _choose_post(self, post: str) -> None:
        """The page after signing in offers the posts; with only one post there is nothing to choose."""
        try:
            self._ask(self.page.button(post))
        except NotSeen as fault:
            if post not in self.page.text:
                raise NotSeen(f"The post “{post}” is not offered after signing in: {fault}") from fault

    def find(self, text: str) -> None:
        try:
            pick("link", text, self.page.links())
            return
        except NotSeen as fault:
            ask = self.page.search(text)
            if ask is None:
                raise NotSeen(f"{fault} The page has no search either.") from fault
        self._ask(ask)
        pick("link", text, self.page.links())

    def follow(self, link: str, beside: str) -> None:
        try:
            ask = self.page.link(link, beside)
        except NotSeen:
            if not self.page.unfold(link):
                raise
        else:
            self._ask(ask)

    def fill(self, label: str, value: object) -> None:
        if not isinstance(value, dict):
            self.page.fill(label, value)
            return
        for part, content in value.items():
            try:
                self.page.fill(label, {part: content})
            except NotSeen:
                ask = self.page.group_button(label)
                if ask is None:
                    raise
                self._ask(ask)
                self.page.fill(label, {part: content})

    def press(self, button: str, beside: str, twice: bool) -> None:
        ask = self.page.button(button, beside)
        for _ in range(2 if twice else 1):
            self._ask(ask)

    def call(self, operation: str, arguments: dict[str, Any]) -> None:
        raise NotForThisDriver(f"Only `face: api` calls operations such as {operation}.")

    def beside(self, label: str) -> str:
        return self.page.beside(label)

    def content(self, label: str) -> str:
        return self.page.content(label)

    def fault_at(self, label: str) -> str:
        return self.page.fault_at(label)

    def look(self) -> list[str]:
        document = self.page.document
        faults = [] if document.get("lang") else ["The page does not say its language."]
        faults += [] if self.page.title else ["The page has no title."]
        headings = len(document.xpath("//h1"))
        faults += [] if headings == 1 else [f"The page has {headings} main headings instead of one."]
        faults += [f"A picture has no text: {one.get('src', '')[:60]}" for one in document.xpath("//img[not(@alt)]")]
        controls = document.xpath(
            "//select|//textarea|//input[not(@type='hidden' or @type='submit' or @type='button')]"
        )
        named = {one for _, one in self.page.labelled()}
        faults += [
            f"A field has no label: {one.get('name')}"
            for one in controls
            if one not in named and self.page.is_shown(one)
        ]
        return faults

    def picture(self, file: Path) -> Path | None:
        file = file.with_suffix(".txt")
        file.write_text(f"{self.page.status} {self.page.address}\n{self.text}\n", "utf-8")
        return file

    def close(self) -> None:
        self.line.cookies.clear()

    def _ask(self, ask: Ask) -> None:
        method, address, body, headers = _as_request(ask)
        here = self.page.address
        for _ in range(MOST_REDIRECTS):
            answer = self.line.ask(method, address, body, Referer=here, **headers)
            moved = answer.headers.get("location") if answer.status in {301, 302, 303, 307, 308} else None
            if moved is None:
                break
            here, address = address, urljoin(address, moved)
            if answer.status in {301, 302, 303}:
                method, body, headers = "GET", None, {}
        else:
            raise NotSeen(f"{ask.address} sends from address to address without end.")
        if "#" in address:
            address = address.partition("#")[0]
        self.page = Page(address, answer.status, answer.content, answer.media_type)


def _as_request(ask: Ask) -> tuple[str, str, bytes | None, dict[str, str]]:
    if ask.method == "GET":
        query = urlencode(ask.fields)
        return "GET", ask.address + (f"?{query}" if query else ""), None, {}
    if not ask.multipart:
        return (
            "POST",
            ask.address,
            urlencode(ask.fields).encode(),
            {"Content_Type": "application/x-www-form-urlencoded"},
        )
    boundary = uuid4().hex
    body = b"".join(_part(boundary, name, value) for name, value in ask.fields) + f"--{boundary}--\r\n".encode()
    return "POST", ask.address, body, {"Content_Type": f"multipart/form-data; boundary={boundary}"}


def _part(boundary: str, name: str, value: str | Attachment) -> bytes:
    """One field as a browser sends it: file names as UTF-8 (RFC 7578 §5.1.2)."""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, Attachment):
        head += f'; filename="{value.name}"\r\nContent-Type: {value.media_type}'
    content = value.content if isinstance(value, Attachment) else value.encode()
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


# ── The API ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class ApiDriver(HttpDriver):
    """One person or program at `/api/v1`: signs in as people do, calls operations by their OpenAPI ids."""

    DOCUMENT = "/api/v1/openapi.json"

    def __init__(self, root: str, face: str, language: str) -> None:
        super().__init__(root, "portal", language)
        self.answer = Answer(root, 0, {}, b"")
        self._operations: dict[str, tuple[str, str, dict[str, Any]]] = {}

    @property
    def address(self) -> str:
        return urlsplit(self.answer.address).path

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def text(self) -> str:
        found = self.value
        if found is None:
            return normal(self.answer.content.decode("utf-8", "replace"))
        return normal(json.dumps(found, ensure_ascii=False))

    @property
    def problem(self) -> str:
        found = self.value
        return str(found.get("type", "")).rpartition("/")[2] if isinstance(found, dict) else ""

    @property
    def value(self) -> Any:
        """The answer's JSON."""
        try:
            return json.loads(self.answer.content)
        except ValueError:
            return None

    def sign_in(self, login: str, password: str, post: str) -> None:
        self.face = "desk" if post else "portal"
        super().sign_in(login, password, post)
        self.answer = Answer(self.page.address, self.page.status, {}, b"{}")

    def begin(self) -> None:
        """Nothing to open: operations have addresses of their own."""

    def call(self, operation: str, arguments: dict[str, Any]) -> None:
        method, path, described = self._operation(operation)
        given = dict(arguments)
        query: dict[str, Any] = {}
        headers = {"Accept": "application/json"}
        for one in described.get("parameters", []):
            if one["name"] not in given:
                continue
            value = given.pop(one["name"])
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", quote(str(value), safe=""))
            elif one["in"] == "header":
                headers[one["name"].replace("-", "_")] = str(value)
            else:
                query[one["name"]] = value
        body = None
        if method != "get":
            body = json.dumps(given, ensure_ascii=False).encode()
            headers |= {"Content_Type": "application/json", "X_CSRFToken": self.line.cookies.get(CSRF_COOKIE, "")}
        self.answer = self.line.ask(method.upper(), path + (f"?{urlencode(query)}" if query else ""), body, **headers)

    def _operation(self, name: str) -> tuple[str, str, dict[str, Any]]:
        if not self._operations:
            answer = self.line.ask("GET", self.DOCUMENT)
            if answer.status != 200:
                raise NotSeen(f"The API does not describe itself: {answer.status} at {self.DOCUMENT}.")
            document = json.loads(answer.content)
            for path, methods in document["paths"].items():
                for method, described in methods.items():
                    self._operations[described["operationId"]] = (method, path, described)
        if name not in self._operations:
            raise NotSeen(f"The API has no operation “{name}”. It has {', '.join(sorted(self._operations))}.")
        return self._operations[name]

    def go(self, address: str) -> None:
        if not self.answer.status and not address.startswith("/api/"):
            super().go(address)
            return
        self.answer = self.line.ask("GET", address, None, Accept="application/json")

    def beside(self, label: str) -> str:
        value = self.value
        for key in label.split("/"):
            try:
                value = value[int(key)] if isinstance(value, list) else value[key]
            except (KeyError, IndexError, TypeError, ValueError) as fault:
                raise NotSeen(f"The answer has nothing at “{label}”. It says {self.text[:300]}") from fault
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    def fault_at(self, label: str) -> str:
        errors = self.value.get("errors", []) if isinstance(self.value, dict) else []
        return normal(" ".join(str(one["detail"]) for one in errors if one["pointer"] == label))

    def look(self) -> list[str]:
        return []

    def picture(self, file: Path) -> Path | None:
        file = file.with_suffix(".txt")
        file.write_text(f"{self.status} {self.answer.address}\n{self.text}\n", "utf-8")
        return file
