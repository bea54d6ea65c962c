"""The house as DESIGN draws it: what import-linter cannot see."""

from __future__ import annotations

import re

import pytest
import yaml_words
from django.apps import apps
from house import DOORS, OPEN_FLOORS, SOURCE, engine_of, floors, import_graph, room_of


def test_every_floor_that_stands_has_its_place_in_the_contract() -> None:
    standing = {folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").exists()}
    assert standing == set(floors()) - {"cli"} | ({"cli"} if (SOURCE / "cli" / "__init__.py").exists() else set())


def test_another_engine_is_entered_by_its_doors_only() -> None:
    graph = import_graph()
    trespasses = [
        f"{importer} imports {module}"
        for module in graph.modules
        if engine_of(module) in floors() and engine_of(module) not in OPEN_FLOORS
        if room_of(module) not in DOORS
        for importer in graph.find_modules_that_directly_import(module)
        if engine_of(importer) != engine_of(module) and engine_of(importer) in floors()
    ]
    assert not trespasses, "\n".join(sorted(trespasses))


def test_models_are_imported_only_by_their_own_engine() -> None:
    graph = import_graph()
    borrowed = [
        f"{importer} imports {module}"
        for module in graph.modules
        if room_of(module) == "models"
        for importer in graph.find_modules_that_directly_import(module)
        if engine_of(importer) != engine_of(module)
    ]
    assert not borrowed, "\n".join(sorted(borrowed))


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{field} -> {field.related_model.__module__}"
        for model in apps.get_models()
        if model.__module__.startswith("yiwang.")
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model
        if isinstance(field.related_model, type) and field.related_model.__module__.startswith("yiwang.")
        if floors()[engine_of(field.related_model.__module__)] > floors()[engine_of(model.__module__)]
    ]
    assert not upward, "\n".join(upward)


def test_every_model_says_what_a_row_is_and_whether_it_holds_personal_data() -> None:
    silent = [
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith("yiwang.")
        if not re.search(r"Personal data:", model.__doc__ or "")
    ]
    assert not silent, f"These models do not state in their docstring which personal data they hold: {silent}"


FACES = {"desk", "portal", "api", "forms"}


def test_a_face_reads_and_changes_only_in_the_name_of_who_looks() -> None:
    """DESIGN 8: a function without an actor is named `system_…`, and is for subscribers and jobs."""
    used = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for face in sorted(FACES)
        for path in (SOURCE / face).rglob("*.py")
        if path.name != "samples.py"  # at set-up nobody looks
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\bsystem_\w+\b|\bsystem\(", line)
    ]
    assert not used, "\n".join(used)


def test_no_django_signal_crosses_the_house() -> None:
    users = import_graph().modules & {"django.db.models.signals"}
    receivers = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if re.search(r"\b(post_save|pre_save|post_delete|m2m_changed)\b(?!\()", path.read_text("utf-8"))
    ]
    assert not users
    assert not receivers


@pytest.mark.parametrize("word", yaml_words.words_of_the_packs(), ids=lambda word: word.text)
def test_engines_know_no_agency_no_item_and_no_element(word: yaml_words.Word) -> None:
    hits = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path, lines in yaml_words.source_lines()
        for number, line in enumerate(lines, start=1)
        if word.stands_in(line)
    ]
    assert not hits, f"{word.text} ({word.what} of {word.pack}) is known to an engine:\n" + "\n".join(hits)
