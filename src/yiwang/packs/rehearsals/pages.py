"""A page as a reader sees it: texts, fields by their labels, buttons and links by their names. No scripts are run.

Names match exactly; if none does, as a part, and then only if it is the only one. White space counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit

from lxml import html

from yiwang.packs.rehearsals.attachments import Attachment

__all__ = ["Ask", "NotSeen", "Page", "normal", "pick"]

Element: TypeAlias = Any  # of lxml.html, whose stubs leave out most of it
Found = TypeVar("Found")

UNSEEN = {"script", "style", "template", "head", "noscript", "svg", "datalist"}
BLOCKS = {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "button",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
    ),
    *("fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "label", "legend"),
    *("li", "main", "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td", "tfoot"),
    *("th", "thead", "tr", "ul"),
}
NOT_FILLED = {"submit", "button", "image", "hidden", "reset"}
MARKS = re.compile(r"\s*(\*|＊|[（(](必填|选填|required|optional)[）)]|必填|选填)\s*$", re.IGNORECASE)


class NotSeen(Exception):
    """What a step names is not on the page, or is there more than once; the message says what there is instead."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that a page would make.

    fields: of the form, in its order; files among them only when multipart.  multipart: sent as multipart/form-data.
    """

    method: str
    address: str
    fields: tuple[tuple[str, str | Attachment], ...] = ()
    multipart: bool = False


def normal(text: str) -> str:
    """Text with its white space counted once."""
    return " ".join(text.split())


def pick(what: str, wanted: str, named: Sequence[tuple[str, Found]]) -> list[Found]:
    """Those of `named` that `wanted` means: the exact ones, else those of the one name that it is a part of.

    Raises NotSeen, which lists what there is.
    """
    wanted = normal(wanted)
    if exact := [one for name, one in named if name == wanted]:
        return exact
    parts = {name for name, _ in named if wanted in name}
    if len(parts) == 1:
        return [one for name, one in named if name in parts]
    if parts:
        raise NotSeen(f"The {what} “{wanted}” could be any of {_listed(sorted(parts))}.")
    raise NotSeen(
        f"There is no {what} “{wanted}”. There is {_listed(dict.fromkeys(name for name, _ in named if name))}."
    )


def _listed(names: Iterable[str]) -> str:
    shown = [f"“{name}”" for name in names]
    return (", ".join(shown[:20]) + (", …" if len(shown) > 20 else "")) or "none at all"


class Page:
    """One answer of a face, with what has been filled in so far."""

    def __init__(self, address: str, status: int, content: bytes, media_type: str = "text/html") -> None:
        self.address = address
        self.status = status
        self.media_type = media_type
        self.document: Element = html.document_fromstring(content.decode("utf-8") or "<html></html>")
        self._texts: dict[Element, str] = {}
        self._files: dict[Element, Attachment] = {}

    # ── What is shown ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def title(self) -> str:
        """The page's title."""
        return normal(self.document.findtext(".//title") or "")

    @property
    def text(self) -> str:
        """Everything that is shown."""
        return self._text(self.document)

    @property
    def problem(self) -> str:
        """Code of the problem that the page tells of: `data-problem`, or where an alert leads for its meaning; or empty."""
        for one in self.document.xpath("//*[@data-problem]|//*[@role='alert']//a[contains(@href, '/docs/problems/')]"):
            return str(one.get("data-problem") or one.get("href", "").rpartition("/")[2])
        return ""

    def beside(self, label: str) -> str:
        """The text beside a label: the value of its row. Raises NotSeen."""
        named = [(self._label(one), one) for one in self._innermost()]
        wanted = normal(label)
        for name, one in named:
            if name == wanted and (value := self._value_after(one)):
                return value
        for _, one in named:
            for text in (self._text(one), self._text(one.getparent()) if one.getparent() is not None else ""):
                if match := re.match(re.escape(wanted) + r"\s*[:：]\s*(.+)", text):
                    return match.group(1)
        raise NotSeen(f"Nothing is labelled “{label}”.")

    def _value_after(self, label: Element) -> str:
        one: Element | None = label
        for _ in range(3):  # the label may be wrapped before its value follows
            if one is None:
                return ""
            following = one.getnext()
            while following is not None:
                if isinstance(following.tag, str) and (value := self._text(following)):
                    return value
                following = following.getnext()
            one = one.getparent()
        return ""

    def _innermost(self) -> Iterator[Element]:
        """Elements that are shown and hold text of their own."""
        for one in self.document.iter():
            if (
                isinstance(one.tag, str)
                and one.tag not in UNSEEN
                and one.text
                and one.text.strip()
                and self.is_shown(one)
            ):
                yield one

    def _label(self, one: Element) -> str:
        return MARKS.sub("", self._text(one)).rstrip(":：")

    def _text(self, one: Element) -> str:
        if one not in self._texts:
            self._texts[one] = normal("".join(_say(one)))
        return self._texts[one]

    def is_shown(self, one: Element) -> bool:
        """Whether a reader can come upon it."""
        return all(_seen(each) for each in [one, *one.iterancestors()])

    # ── Links and buttons ───────────────────────────────────────────────────────────────────────────────────────────

    def links(self) -> list[tuple[str, Element]]:
        """Links with their names."""
        return [(self._name(one), one) for one in self.document.iterfind(".//a[@href]") if self.is_shown(one)]

    def buttons(self) -> list[tuple[str, Element]]:
        """Buttons with their names."""
        found = []
        for one in self.document.iter("button", "input"):
            if one.tag == "input" and one.get("type", "text").lower() not in {"submit", "button", "image"}:
                continue
            if self.is_shown(one):
                found.append((self._name(one), one))
        return found

    def link(self, name: str, beside: str = "") -> Ask:
        """What following a link asks for."""
        return self.follow(self._one("link", name, self.links(), beside))

    def unfold(self, name: str) -> bool:
        """Open the part of the page that is folded away under this name; False when there is none."""
        for one in self.document.iter("summary"):
            if normal(name) in self._text(one) and self.is_shown(one):
                one.getparent().set("open", "")
                self._texts.clear()
                return True
        return False

    def follow(self, link: Element) -> Ask:
        """What following this link asks for."""
        return Ask("GET", urljoin(self.address, link.get("href", "")))

    def button(self, name: str, beside: str = "") -> Ask:
        """What pressing a button asks for, with its form as it is filled in."""
        one = self._one("button", name, self.buttons(), beside)
        if one.get("disabled") is not None:
            raise NotSeen(f"The button “{name}” cannot be pressed now.")
        return self.press(one)

    def press(self, button: Element) -> Ask:
        """What pressing this button asks for."""
        form = self._form_of(button)
        if form is None or button.get("type", "submit").lower() == "button":
            raise NotSeen(f"The button “{self._name(button)}” works by a script only; play this story in a browser.")
        method = (button.get("formmethod") or form.get("method") or "get").upper()
        address = urljoin(self.address, button.get("formaction") or form.get("action") or self.address)
        fields = list(self._fields_of(form))
        if name := button.get("name"):
            fields.append((name, button.get("value", "")))
        multipart = method != "GET" and form.get("enctype", "") == "multipart/form-data"
        if not multipart:  # a browser sends the name of a file alone
            fields = [(name, value.name if isinstance(value, Attachment) else value) for name, value in fields]
        if method == "GET":
            return Ask("GET", urlsplit(address)._replace(query="", fragment="").geturl(), tuple(fields))
        return Ask("POST", address, tuple(fields), multipart)

    def _form_of(self, control: Element) -> Element | None:
        if named := control.get("form"):
            return self._by_id(named)
        return next(control.iterancestors("form"), None)

    def _fields_of(self, form: Element) -> Iterator[tuple[str, str | Attachment]]:
        for one in self.document.iter("input", "select", "textarea"):
            name = one.get("name")
            if not name or one.get("disabled") is not None or self._form_of(one) is not form:
                continue
            if any(each.get("disabled") is not None for each in one.iterancestors("fieldset")):
                continue
            yield from ((name, value) for value in self._values_of(one))

    def _values_of(self, one: Element) -> Iterable[str | Attachment]:
        """What a field sends: nothing, one thing or several."""
        kind = one.get("type", "text").lower()
        if one.tag == "textarea":
            return [(one.text or "").removeprefix("\n")]
        if one.tag == "select":
            return [_option_value(option) for option in _chosen(one)]
        if kind in {"checkbox", "radio"}:
            return [one.get("value", "on")] if one.get("checked") is not None else []
        if kind == "file":
            return [self._files[one]] if one in self._files else []
        return [] if kind in {"submit", "button", "image", "reset"} else [one.get("value", "")]

    def _one(self, what: str, name: str, named: list[tuple[str, Element]], beside: str) -> Element:
        found = pick(what, name, named)
        if beside:
            return self._nearest(what, name, found, beside)
        if len({_target(one) for one in found}) > 1:
            raise NotSeen(
                f"There are {len(found)} of the {what} “{name}”. Say which one: `beside: <a text in its row>`."
            )
        return found[0]

    def _nearest(self, what: str, name: str, found: list[Element], beside: str) -> Element:
        near: dict[int, list[Element]] = {}
        for one in found:
            for steps, around in enumerate(one.iterancestors()):
                if normal(beside) in self._text(around):
                    near.setdefault(steps, []).append(one)
                    break
        if not near:
            raise NotSeen(f"There is no {what} “{name}” beside “{beside}”.")
        nearest = near[min(near)]
        if len({_target(one) for one in nearest}) > 1:
            raise NotSeen(f"There are {len(nearest)} of the {what} “{name}” beside “{beside}”.")
        return nearest[0]

    # ── Fields ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def fill(self, label: str, value: object, within: Element | None = None) -> None:
        """Fill in the field with this label; `value` as in `fills` of a rehearsal. Raises NotSeen."""
        if isinstance(value, dict):
            groups = [(name, one) for name, one in self._groups(within)]
            scope = pick("group of fields", label, groups)[0]
            for part, content in value.items():
                self.fill(str(part), content, scope)
            return
        one = pick("field", label, self.labelled(within))[0]
        kind = one.get("type", "text").lower() if one.tag == "input" else one.tag
        if one.get("readonly") is not None or one.get("disabled") is not None:
            raise NotSeen(f"The field “{label}” cannot be changed.")
        if (kind == "file") != isinstance(value, Attachment):
            raise NotSeen(f"The field “{label}” takes {'a file' if kind == 'file' else 'no file'}.")
        if isinstance(value, Attachment):
            self._files[one] = value
        elif kind in {"fieldset", "div", "radio"}:
            self._choose(one, label, value if isinstance(value, list) else [value])
        elif kind == "checkbox":
            _check(one, bool(value))
        elif kind == "select":
            self._select(one, label, value if isinstance(value, list) else [value])
        elif kind == "textarea":
            one.text = str(value)
        else:
            one.set("value", str(value))

    def group_button(self, label: str) -> Ask | None:
        """What pressing the one button among a group's fields asks for, which shows further fields without scripts."""
        group = pick("group of fields", label, self._groups(None))[0]
        found = [one for _, one in self.buttons() if group in one.iterancestors()]
        return self.press(found[0]) if len(found) == 1 else None

    def content(self, label: str) -> str:
        """What a field holds now; a choice by its text."""
        one = pick("field", label, self.labelled())[0]
        if one.tag == "select":
            return ", ".join(self._text(option) for option in _chosen(one))
        if one.tag == "textarea":
            return one.text or ""
        if one.tag in {"fieldset", "div"}:
            chosen = [box for box in one.iter("input") if box.get("checked") is not None]
            return ", ".join(self._field_names(box)[0] for box in chosen if self._field_names(box))
        if one.get("type") in {"checkbox", "radio"}:
            return "true" if one.get("checked") is not None else "false"
        return str(one.get("value", ""))

    def fault_at(self, label: str) -> str:
        """What is said to be wrong at a field, or empty."""
        one = pick("field", label, self.labelled())[0]
        described = [
            self._by_id(name)
            for name in f"{one.get('aria-describedby', '')} {one.get('aria-errormessage', '')}".split()
        ]
        return normal(" ".join(self._text(each) for each in described if each is not None))

    def search_field(self) -> Element | None:
        """The field in which a reader would search."""
        found = self.document.xpath("//*[@role='search']//input[not(@type='hidden')]|//input[@type='search']")
        return found[0] if found else None

    def search(self, text: str) -> Ask | None:
        """What searching the page for `text` asks for; None when it has no search."""
        one = self.search_field()
        form = None if one is None else self._form_of(one)
        if one is None or form is None:
            return None
        one.set("value", text)
        address = urljoin(self.address, form.get("action") or self.address)
        return Ask((form.get("method") or "get").upper(), address, tuple(self._fields_of(form)))

    def sign_in(self, login: str, password: str) -> Ask:
        """What signing in asks for: the form that has a password in it."""
        for form in self.document.iter("form"):
            secrets = [one for one in form.iter("input") if one.get("type") == "password"]
            names = [one for one in form.iter("input") if one.get("type", "text") in {"text", "email", "tel"}]
            if secrets and names:
                names[0].set("value", login)
                secrets[0].set("value", password)
                pressed = [one for _, one in self.buttons() if self._form_of(one) is form]
                return self.press(pressed[0])
        raise NotSeen("This page has no form to sign in with.")

    def labelled(self, within: Element | None = None) -> list[tuple[str, Element]]:
        """Fields and groups of fields with their labels."""
        found: list[tuple[str, Element]] = []
        for one in (self.document if within is None else within).iter("input", "select", "textarea"):
            if one.tag == "input" and one.get("type", "text").lower() in NOT_FILLED:
                continue
            if self.is_shown(one):
                found += [(name, one) for name in self._field_names(one)]
        return found + self._groups(within)

    def _groups(self, within: Element | None) -> list[tuple[str, Element]]:
        found: list[tuple[str, Element]] = []
        for one in (self.document if within is None else within).iter("fieldset", "div"):
            if one.tag == "fieldset" and (legend := one.find("legend")) is not None:
                found.append((self._label(legend), one))
            elif one.get("role") in {"group", "radiogroup"}:
                found += [(name, one) for name in self._aria_names(one)]
        return [(name, one) for name, one in found if self.is_shown(one)]

    def _field_names(self, one: Element) -> list[str]:
        labels = [each for each in self.document.iter("label") if one.get("id") and each.get("for") == one.get("id")]
        labels += one.iterancestors("label")
        return [name for name in (*(self._label(each) for each in labels), *self._aria_names(one)) if name]

    def _aria_names(self, one: Element) -> list[str]:
        named = [self._by_id(name) for name in one.get("aria-labelledby", "").split()]
        joined = normal(" ".join(self._label(each) for each in named if each is not None))
        return [name for name in (joined, normal(one.get("aria-label", ""))) if name]

    def _choose(self, group: Element, label: str, values: list[object]) -> None:
        scope = group
        if group.tag == "input":  # one radio button that was named by itself
            _check(group, True)
            return
        boxes = [one for one in scope.iter("input") if one.get("type") in {"radio", "checkbox"}]
        named = [(name, one) for one in boxes for name in self._field_names(one)]
        chosen = [pick(f"choice of “{label}”", str(value), named)[0] for value in values]
        for one in boxes:
            _check(one, one in chosen)

    def _select(self, one: Element, label: str, values: list[object]) -> None:
        options = [(self._text(option), option) for option in one.iter("option")]
        chosen = [pick(f"choice of “{label}”", str(value), options)[0] for value in values]
        for _, option in options:
            option.attrib.pop("selected", None)
        for option in chosen:
            option.set("selected", "")

    def _name(self, one: Element) -> str:
        if named := self._aria_names(one):
            return named[0]
        if one.tag == "input":
            return normal(one.get("value", "") or one.get("alt", ""))
        pictures = [picture.get("alt", "") for picture in one.iter("img")]
        return self._text(one) or normal(" ".join(pictures)) or normal(one.get("title", ""))

    def _by_id(self, name: str) -> Element | None:
        return next(iter(self.document.xpath("//*[@id=$name]", name=name)), None)


def _target(one: Element) -> object:
    return one.get("href") if one.tag == "a" else one


def _seen(one: Element) -> bool:
    if one.tag in UNSEEN or one.get("hidden") is not None or (one.tag == "input" and one.get("type") == "hidden"):
        return False
    if one.tag == "dialog" and one.get("open") is None:
        return False
    around = one.getparent()
    folded_away = around is not None and around.tag == "details" and around.get("open") is None
    return not (folded_away and one.tag != "summary")


def _say(one: Element) -> Iterator[str]:
    if not isinstance(one.tag, str) or not _seen(one) or one.get("aria-hidden") == "true":
        return
    block = one.tag in BLOCKS
    if block:
        yield " "
    if one.tag == "textarea":
        yield " "
    else:
        yield one.text or ""
        for each in one:
            yield from _say(each)
            yield each.tail or ""
    if block:
        yield " "


def _check(box: Element, checked: bool) -> None:
    if checked and box.get("type") == "radio":
        form = next(box.iterancestors("form"), box.getroottree().getroot())
        for other in form.iter("input"):
            if other.get("type") == "radio" and other.get("name") == box.get("name"):
                other.attrib.pop("checked", None)
    if checked:
        box.set("checked", "")
    else:
        box.attrib.pop("checked", None)


def _option_value(option: Element) -> str:
    value = option.get("value")
    return normal(option.text_content()) if value is None else str(value)


def _chosen(select: Element) -> list[Element]:
    options = [one for one in select.iter("option") if one.get("disabled") is None]
    chosen = [one for one in options if one.get("selected") is not None]
    return chosen if chosen or select.get("multiple") is not None else options[:1]
