"""What engines register with the kernel: kinds, sample loaders, checks of the doctor, periodic duties."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any

import pytest
from pydantic import ValidationError

from yiwang.kernel import health, kinds, periodic, samples
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, did_you_mean


@pytest.fixture(autouse=True)
def _empty_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", {})
    monkeypatch.setattr(samples, "_loaders", {})
    monkeypatch.setattr(health, "_checks", {})
    monkeypatch.setattr(periodic, "_periodic", {})


class Colour(Kind):
    name = "colour"
    folder = "colours"
    schema = Body
    order = 20


class Shade(Kind):
    name = "shade"
    folder = "shades"
    schema = Body
    order = 10


class OtherColour(Kind):
    name = "colour"
    folder = "others"
    schema = Body


def test_kinds_are_applied_in_their_order() -> None:
    kinds.register_kind(Colour())
    kinds.register_kind(Shade())
    kinds.register_kind(Colour())  # the same again, as when an app is made ready twice
    assert [one.name for one in kinds.all_kinds()] == ["shade", "colour"]
    assert isinstance(kinds.kind_named("shade"), Shade)
    assert kinds.kind_named("none") is None


def test_two_engines_cannot_register_one_kind() -> None:
    kinds.register_kind(Colour())
    with pytest.raises(ValueError, match="already registered"):
        kinds.register_kind(OtherColour())


def test_a_body_refuses_unknown_keys_and_changes() -> None:
    with pytest.raises(ValidationError):
        Body.model_validate({"kind": "colour", "id": "red", "title": "红", "colour": 1})
    body = Body.model_validate({"kind": "colour", "id": "red", "title": "红"})
    with pytest.raises(ValidationError):
        body.id = "blue"


def declaration(kind: str, id: str, lines: dict[str, int] | None = None) -> Declaration:
    return Declaration(kind, id, "pack", Path(f"pack/{id}.yaml"), None, lines or {})


def test_a_city_finds_its_declarations() -> None:
    red, blue, dark = declaration("colour", "red"), declaration("colour", "blue"), declaration("shade", "red")
    city = City([red, blue, dark])
    assert city.find("colour", "red") is red
    assert city.find("colour", "dark") is None
    assert city.find("none", "red") is None
    assert list(city.of_kind("shade")) == ["red"]
    assert list(city) == [red, blue, dark]


@pytest.mark.parametrize(
    ("pointer", "line"), [("fields/0/element", 5), ("fields/0/unknown/deep", 4), ("fields", 3), ("none", 1), ("", 1)]
)
def test_a_fault_stands_at_the_nearest_line(pointer: str, line: int) -> None:
    one = declaration("colour", "red", {"fields": 3, "fields/0": 4, "fields/0/element": 5})
    assert one.line(pointer) == line


def test_a_declaration_fault_says_where_what_and_what_to_write() -> None:
    fault = DeclarationFault(Path("a/b.yaml"), 7, "`rad` is not known.", "Did you mean `red`?")
    assert str(fault) == "a/b.yaml:7: `rad` is not known.\n    → Did you mean `red`?"


@pytest.mark.parametrize(
    ("wrong", "known", "advice"),
    [
        ("rad", ["red", "blue"], "Did you mean `red`?"),
        ("green", ["red", "blue"], "Known: `blue`, `red`."),
        ("x", list("abcdefghi"), "Known: `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, …."),
        ("x", [], "There is none yet: declare it first."),
    ],
)
def test_advice_for_a_wrong_name(wrong: str, known: list[str], advice: str) -> None:
    assert did_you_mean(wrong, known) == advice


def test_a_kind_that_cannot_be_extended_says_so() -> None:
    assert [pointer for pointer, _, _ in Colour().narrows(None, None)] == ["extends"]
    with pytest.raises(TypeError, match="no reader"):
        Colour().read(Path("x.bpmn"), b"")


# ── samples ──


def sample(content: str) -> samples.SampleFile:
    return samples.SampleFile("demo", "units", PurePath("demo/sample/units.csv"), content.encode("utf-8"))


def test_a_sample_file_gives_its_rows() -> None:
    rows = sample('\ufeffcode, title\r\nA, 秀英区 \r\nB,"龙华,区"\r\n').rows()
    assert list(rows) == [{"code": "A", "title": "秀英区"}, {"code": "B", "title": "龙华,区"}]


@pytest.mark.parametrize("content", ["a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n"])
def test_a_row_of_another_length_is_named_by_its_line(content: str) -> None:
    with pytest.raises(ValueError, match=r"units\.csv:3:"):
        list(sample(content).rows())


def test_samples_are_loaded_in_order_and_by_one_loader_each() -> None:
    def load(file: samples.SampleFile) -> int:
        return 0

    samples.register_sample("people", load, order=60)
    samples.register_sample("units", load, order=10)
    samples.register_sample("units", load, order=10)
    assert [one.name for one in samples.all_sample_loaders()] == ["units", "people"]
    with pytest.raises(ValueError, match="already loaded"):
        samples.register_sample("units", lambda file: 1)


# ── checks and duties ──


@pytest.mark.parametrize(
    ("register", "everything"),
    [
        (health.register_check, lambda: list(health.all_checks())),
        (
            lambda name, function: periodic.register_periodic(name, timedelta(seconds=1), function),
            lambda: [one.name for one in periodic.all_periodic()],
        ),
    ],
)
def test_each_name_is_registered_once(register: Callable[..., Any], everything: Callable[[], list[str]]) -> None:
    def function() -> list[Any]:
        return []

    register("one", function)
    register("two", function)
    register("one", function)
    assert everything() == ["one", "two"]
    with pytest.raises(ValueError, match="already registered"):
        register("one", lambda: [])
