"""The one validator: every fault of a form at once, in the reader's language, with places that exist and lie in the city."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from support.packs import apply_packs

from yiwang.catalog import queries
from yiwang.kernel.errors import NotFound, problem
from yiwang.kernel.time import today
from yiwang.places.queries import children, search_places

PACKS = Path(__file__).parents[2] / "packs"


@pytest.fixture
def form(city: Any) -> list[Any]:
    """All elements that the packs declare."""
    apply_packs(PACKS)
    return list(queries.list_elements().values())


def by_type(form: list[Any], type: str) -> Any:
    return next(one for one in form if one.type == type)


def a_community() -> str:
    return next(one.code for one in search_places("社区") if not children(one.code))


def pointers(values: dict[str, object], form: list[Any], **more: Any) -> dict[str, str]:
    _, faults = queries.validate(values, form, today=today(), **more)
    return {one.pointer: one.code for one in faults}


def test_good_values_come_back_typed_and_freeze_and_thaw(form: list[Any]) -> None:
    address, since, phone = by_type(form, "address"), by_type(form, "date"), by_type(form, "phone")
    entered = {
        address.id: {"place": a_community(), "detail": "某路１号"},
        since.id: "2020年1月1日",
        phone.id: "138 0000 1234",
    }
    clean, faults = queries.validate(entered, form, required=[address.id], today=today())
    assert not faults
    assert clean[since.id] == date(2020, 1, 1)
    frozen = queries.freeze(clean, form)
    assert frozen[since.id] == "2020-01-01"
    assert queries.thaw(frozen, form) == clean
    assert queries.validate(frozen, form, today=today()) == (clean, [])


def test_every_fault_is_told_at_once_and_at_its_place(form: list[Any]) -> None:
    address, number, phone = by_type(form, "address"), by_type(form, "citizen-id"), by_type(form, "phone")
    dates = [one for one in form if one.type == "date" and one.check == "value <= today"]
    assert dates
    values: dict[str, object] = {
        address.id: {"place": "460105", "detail": "某路 1 号"},
        number.id: "460199199001010018",
        phone.id: "123",
        "what.is-this": 1,
        **{one.id: str(today() + timedelta(days=1)) for one in dates},
    }
    text = next(one for one in form if one.type == "text")
    assert pointers(values, form, required=[text.id]) == {
        f"{address.id}/place": "place-not-exact",
        number.id: "citizen-id-check",
        phone.id: "not-a-phone",
        text.id: "required",
        "what.is-this": "unknown-field",
        **dict.fromkeys((one.id for one in dates), "check"),
    }


def test_places_must_exist_and_lie_in_the_city(form: list[Any]) -> None:
    address = by_type(form, "address")
    for place, code in (
        ("999999999999", "unknown-place"),
        ("110101001001", "unknown-place"),
        ("46010500100", "not-a-place"),
    ):
        assert pointers({address.id: {"place": place, "detail": "x"}}, form) == {f"{address.id}/place": code}


def test_a_place_of_another_city_is_outside(form: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    address = by_type(form, "address")
    monkeypatch.setattr(queries, "city_codes", lambda release=None: frozenset({"460200"}))
    assert pointers({address.id: {"place": a_community(), "detail": "x"}}, form) == {
        f"{address.id}/place": "outside-city"
    }


def test_blank_is_absent_and_required_says_what_to_enter(form: list[Any]) -> None:
    address = by_type(form, "address")
    for blank in ("", "  ", None, {}, {"place": "", "detail": " "}, []):
        assert pointers({address.id: blank}, form) == {}
        assert pointers({address.id: blank}, form, required=[address.id]) == {address.id: "required"}


def test_faults_speak_the_readers_language(form: list[Any]) -> None:
    from yiwang.kernel.errors import Invalid

    late = next(one for one in form if one.type == "date" and one.check)
    sentences = {}
    for language in ("zh-hans", "en"):
        with override(language):
            _, faults = queries.validate({late.id: str(today() + timedelta(days=1))}, form, today=today())
            [error] = problem(Invalid(faults=faults))["errors"]  # type: ignore[misc]
            sentences[language] = error["detail"]
    assert sentences["zh-hans"] != sentences["en"]
    assert sentences["en"].isascii()


def test_codes_must_be_in_their_list_and_are_shown_by_title(form: list[Any]) -> None:
    coded = by_type(form, "code")
    codes = queries.code_list(coded.code_list).codes
    assert pointers({coded.id: "no-such-code"}, form) == {coded.id: "unknown-code"}
    code = next(iter(codes))
    assert queries.shown(code, coded, "zh-hans") != code


def test_what_is_not_declared_is_not_found(form: list[Any]) -> None:
    for query in (queries.element, queries.resource, queries.code_list, queries.purpose):
        with pytest.raises(NotFound):
            query("not.declared")
    assert queries.find_element("not.declared") is None


def test_the_source_of_an_element_is_one_resource(form: list[Any]) -> None:
    sources = {one.id: queries.source_of(one.id) for one in form}
    assert any(sources.values())
    for id, found in sources.items():
        if found:
            assert any(field.element == id and field.role == "source" for field in found.fields)
