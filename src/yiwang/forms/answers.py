"""Between a browser's form and the answers that `cases` takes: read what was typed, show questions as widgets.

Nothing is judged here. What was typed goes down as it is; faults come back by the names of the fields.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.cases.queries import apart
from yiwang.cases.values import Choice, FormField, FormView, MaterialLine, SourceShown
from yiwang.catalog.queries import element, validate
from yiwang.catalog.values import FILE_FORMATS
from yiwang.documents.values import FileHandedIn, file_size
from yiwang.kernel.errors import FieldFault, format_message
from yiwang.places import queries as places
from yiwang.places.values import DivisionView

__all__ = [
    "FaultLine",
    "Picker",
    "Section",
    "StepFault",
    "Widget",
    "checks_of",
    "faults_so_far",
    "picker_for",
    "read_answers",
    "sections_of",
    "summary_of",
]

LEVEL_LABELS = {
    "county": gettext_lazy("District or county"),
    "township": gettext_lazy("Street or town"),
    "village": gettext_lazy("Community or village"),
}
LEVELS = tuple(LEVEL_LABELS)
INPUTS: Mapping[str, Mapping[str, Any]] = {
    "phone": {"input_type": "tel", "inputmode": "tel", "autocomplete": "tel", "short": True},
    "integer": {"inputmode": "numeric", "short": True},
    "decimal": {"inputmode": "decimal", "short": True},
    "money": {"inputmode": "decimal", "short": True},
    "citizen-id": {"autocapitalize": "characters", "short": True},
    "credit-code": {"autocapitalize": "characters", "short": True},
}
"""How the keyboard of a phone helps with each type of element."""
FACT = "fact."
NO_FILES: Mapping[str, FileHandedIn] = {}
TEMPLATES = {
    "date": "date",
    "code": "code",
    "boolean": "boolean",
    "address": "address",
    "place": "place",
    "file": "file",
}


@dataclass(frozen=True, slots=True)
class Level:
    """One list of the place picker."""

    id: str
    name: str
    label: str
    options: Sequence[DivisionView]
    chosen: str


@dataclass(frozen=True, slots=True)
class Picker:
    """Lists that narrow each other from district to community.  more: whether a list waits for the one before it."""

    id: str
    name: str
    owner: str
    levels: Sequence[Level]
    faulty: bool = False

    @property
    def more(self) -> bool:
        """Whether a browser without scripts needs a button to fetch the next list."""
        return any(not level.options for level in self.levels)


@dataclass(frozen=True, slots=True)
class Widget:
    """A question as its template shows it."""

    name: str
    id: str
    title: str
    type: str
    required: bool
    help: str
    template: str
    value: Any = ""
    detail: str = ""
    choices: Sequence[Choice] = ()
    picker: Picker | None = None
    fault: str = ""
    detail_fault: bool = False
    input_type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    autocapitalize: str = ""
    short: bool = False
    check: str = ""
    check_message: str = ""
    shown: str = ""
    source: SourceShown | None = None
    material: MaterialLine | None = None
    file: FileHandedIn | None = None
    takes: str = ""
    accept: str = ""
    largest_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that stand together."""

    title: str
    widgets: Sequence[Widget] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One line of the list at the top; target: id of what to correct, empty for the whole form."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class StepFault:
    """What is wrong with one answer of a step.  question: id of its widget.  target: id of the control to correct."""

    question: str
    target: str
    text: str


def read_answers(form: FormView, typed: QueryDict, files: Mapping[str, FileHandedIn] = NO_FILES) -> dict[str, object]:
    """The answers by element; what was left empty is absent. Parts of one answer come as `<name>.<part>`."""
    answers: dict[str, object] = {}
    for one in form.fields:
        if one.source is not None:
            continue
        value = {"id": str(files[one.name].id)} if one.name in files else _read(one, typed)
        if value not in ("", None, {}):
            answers[one.name] = value
    return answers


def facts_shown(form: FormView) -> dict[str, str]:
    """Element → record of every fact that the form shows, for the form to carry: `fact.<element>`."""
    return {one.name: str(one.source.record_id) for one in form.fields if one.source is not None}


def facts_seen(typed: QueryDict) -> dict[str, str]:
    """What `facts_shown` put into the form that came back."""
    return {name.removeprefix(FACT): typed.get(name, "") for name in typed if name.startswith(FACT)}


def _read(one: FormField, typed: QueryDict) -> object:
    if one.type in {"address", "place"}:
        place = next((code for code in reversed(_chosen(one.name, typed)) if code), "")
        if one.type == "place":
            return place
        parts = {"place": place, "detail": typed.get(f"{one.name}.detail", "").strip()}
        return {key: value for key, value in parts.items() if value}
    if one.type == "boolean":
        return typed.get(one.name) == "true" or ""
    if one.type == "file":
        return ""
    return typed.get(one.name, "").strip()


def _chosen(name: str, typed: Mapping[str, Any]) -> list[str]:
    return [str(typed.get(f"{name}.{level}", "")) for level in LEVELS]


def picker_for(name: str, chosen: Sequence[str], *, faulty: bool = False) -> Picker:
    """The lists for the codes chosen so far. A code that does not lie within the one before it counts as not chosen."""
    levels: list[Level] = []
    city = places.city()
    parent = city.code if city else ""
    for level, code in zip(LEVELS, chosen, strict=True):
        options = places.children(parent) if parent else []
        code = code if any(one.code == code for one in options) else ""
        levels.append(Level(f"{_id(name)}-{level}", f"{name}.{level}", str(LEVEL_LABELS[level]), options, code))
        parent = code
    return Picker(f"{_id(name)}-places", name, _id(name), levels, faulty)


def chosen_in(name: str, typed: QueryDict) -> list[str]:
    """Codes that a browser sent for the picker of the field `name`."""
    return _chosen(name, typed)


def sections_of(
    form: FormView,
    typed: QueryDict | None,
    faults: Iterable[FieldFault] = (),
    files: Mapping[str, FileHandedIn] = NO_FILES,
) -> list[Section]:
    """The form to show, filled with what was typed or, at first, with what the city knows."""
    by_field = _by_field(faults)
    materials = {one.element: one for one in form.materials if one.element}
    return [
        Section(
            section.title,
            [
                _widget(one, typed, by_field.get(one.name, []), materials.get(one.name), files.get(one.name))
                for one in section.fields
            ],
        )
        for section in form.sections
    ]


def checks_of(form: FormView) -> str:
    """The form's conditions between answers, for the page's script (`frontend/src/checks.ts`); empty when it has none."""
    types = {one.name: one.type for one in form.fields}
    checks = [
        {
            "check": one.check,
            "message": one.message,
            "at": one.at,
            "names": {name: {"field": field, "type": types.get(field, "")} for name, field in one.names.items()},
        }
        for one in form.checks
    ]
    return json.dumps(checks, ensure_ascii=False) if checks else ""


def _widget(
    one: FormField,
    typed: QueryDict | None,
    faults: Sequence[FieldFault],
    material: MaterialLine | None = None,
    file: FileHandedIn | None = None,
) -> Widget:
    parts: dict[str, Any] = dict(INPUTS.get(one.type, {}))
    if one.type in {"address", "place"}:
        known = one.value if isinstance(one.value, Mapping) else {"place": one.value or ""}
        chosen = _chosen(one.name, typed) if typed is not None else _path_to(str(known.get("place", "")))
        at_detail = any(fault.pointer.endswith("/detail") for fault in faults)
        parts["picker"] = picker_for(one.name, chosen, faulty=bool(faults) and not at_detail)
        parts["detail"] = typed.get(f"{one.name}.detail", "") if typed is not None else known.get("detail", "")
        parts["detail_fault"] = at_detail
    elif one.type == "file":
        formats = [FILE_FORMATS[type] for type in one.types]
        parts["file"] = file
        parts["takes"] = _("{types}, at most {size}").format(
            types=_(", ").join(format.title for format in formats), size=file_size(one.largest_bytes)
        )
        parts["accept"] = ",".join(extension for format in formats for extension in format.extensions)
        parts["largest_bytes"] = one.largest_bytes
    else:
        parts["value"] = typed.get(one.name, "") if typed is not None else ("" if one.value is None else one.value)
    return Widget(
        name=one.name,
        id=_id(one.name),
        title=one.title,
        type=one.type,
        required=one.required,
        help=one.help,
        template=f"widgets/{_template(one, material)}.html",
        choices=one.choices,
        fault=" ".join(sentence(fault) for fault in faults),
        check=one.check,
        check_message=one.check_message,
        shown=one.shown,
        source=one.source,
        material=material,
        **parts,
    )


def _template(one: FormField, material: MaterialLine | None) -> str:
    if one.source is not None:
        return "known"
    if material is not None and material.promise:
        return "promise"
    return TEMPLATES.get(one.type, "text")


def _path_to(code: str) -> list[str]:
    """The codes of the lists above and at `code`: 6, 9 and 12 digits."""
    return [code[:length] if len(code) >= length else "" for length in (6, 9, 12)]


def _by_field(faults: Iterable[FieldFault]) -> dict[str, list[FieldFault]]:
    found: dict[str, list[FieldFault]] = {}
    for fault in faults:
        found.setdefault(fault.pointer.partition("/")[0], []).append(fault)
    return found


def summary_of(form: FormView, faults: Iterable[FieldFault]) -> list[FaultLine]:
    """The list at the top: every fault by the question's title, with the way to it."""
    titles = {one.name: one for one in form.fields}
    lines = []
    for fault in faults:
        name, _slash, part = fault.pointer.partition("/")
        one = titles.get(name)
        if one is None:
            lines.append(FaultLine(sentence(fault), ""))
            continue
        said = sentence(fault)
        text = said if one.title in said else _("{title}: {fault}").format(title=one.title, fault=said)
        lines.append(FaultLine(text, _target(one, part)))
    return lines


def _target(one: FormField, part: str) -> str:
    """The control in which a fault is corrected.  part: of the answer, as faults name it."""
    if one.type not in {"address", "place"}:
        return _id(one.name)
    return f"{_id(one.name)}-detail" if part == "detail" else f"{_id(one.name)}-{LEVELS[0]}"


def faults_so_far(form: FormView, names: Collection[str], typed: QueryDict, today: date) -> list[StepFault]:
    """What sending would say of the answers to some questions of a form, in the same words. A file that was handed in was checked then.

    names: elements; what the form does not ask is left out. What was typed elsewhere in the form says whether they go together with it.
    today: civil date for the checks.
    """
    fields = {one.name: one for one in form.fields}
    given = read_answers(form, typed)
    open_ones = [one for one in form.fields if one.type != "file" or not typed.get(f"{one.name}.id")]
    clean, wrong = validate(
        {one.name: given[one.name] for one in open_ones if one.name in given},
        [element(one.name, form.release) for one in open_ones],
        required=[one.name for one in open_ones if one.required],
        today=today,
        release=form.release,
    )
    faults = [*wrong, *apart(form.item_id, clean, [one for one in names if one in fields], today)]
    said = [(*fault.pointer.partition("/")[::2], fault) for fault in faults]
    parts = [one for one in said if one[0] in names]
    return [StepFault(_id(name), _target(fields[name], part), sentence(fault)) for name, part, fault in parts]


def sentence(fault: FieldFault) -> str:
    """A fault in the reader's language."""
    return format_message(_(fault.message), fault.params) if fault.message else ""


def _id(name: str) -> str:
    return "f-" + name.replace(".", "-")
