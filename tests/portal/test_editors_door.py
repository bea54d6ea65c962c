"""The editors' workbench is Wagtail's; who comes in is ours: every address × every capacity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from support.demo import OFFICER, PASSWORD, RESIDENT, Demo
from wagtail.images.models import Image
from wagtail.models import Collection, Page, Revision, Task, TaskState, Workflow, WorkflowState

from yiwang.portal.models import HomePage

EDITOR = "su.wen"
AT = "/desk/site/"
OWN = {f"{AT}account/", f"{AT}login/", f"{AT}password_reset/", f"{AT}logout/"}


def addresses(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Every address below the workbench."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, path)
        elif isinstance(one, URLPattern) and path.startswith("desk/site/"):
            yield path


def filled() -> list[str]:
    """The same with ids of things that exist, where there are such."""
    from yiwang.portal.models import ContentPage

    words = ContentPage.objects.all()[0]
    known = {
        "page_id": str(words.pk),
        "parent_page_id": str(HomePage.objects.get().pk),
        "parent_page_pk": str(HomePage.objects.get().pk),
        "page_to_move_id": str(words.pk),
        "destination_id": str(HomePage.objects.get().pk),
        "content_type_app_name": "portal",
        "content_type_model_name": "contentpage",
        "content_type_app_label": "portal",
        "app_label": "portal",
        "app_name": "portal",
        "model_name": "contentpage",
        "action": "publish",
        "action_name": "approve",
        "revision_id": str(Revision.objects.for_instance(words).latest("id").pk),
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
        "collection_id": str(Collection.get_first_root_node().pk),
        "language_tag": "zh-hans",
    }
    found = []
    for path in addresses():
        plain = (
            re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", path).replace("^", "").replace("$", "").replace(".*", "nothing")
        )
        found.append("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: known.get(name.group(1), "1"), plain))
    return found


def test_the_workbench_has_the_addresses_that_this_test_walks(demo: Demo) -> None:
    assert len(filled()) > 100


def test_a_visitor_is_sent_to_sign_in_and_reads_nothing_anywhere(demo: Demo) -> None:
    visitor = demo.client()
    others = {path: answer for path in filled() if not is_sent_to_sign_in(answer := visitor.get(path))}
    assert {path: answer.status_code for path, answer in others.items()} == {}


def is_sent_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/desk/sign-in/")


@pytest.mark.parametrize(
    ("login", "post", "status"),
    [
        (RESIDENT, False, 302),
        (OFFICER, True, 403),
        ("sys.admin", True, 403),
        ("sec.admin", True, 403),
        (EDITOR, False, 302),
    ],
)
def test_who_has_no_duty_for_pages_comes_in_nowhere(demo: Demo, login: str, post: bool, status: int) -> None:
    client = demo.client(login, post=post)
    statuses = {path: client.get(path).status_code for path in filled()}
    assert {path: found for path, found in statuses.items() if found != status} == {}
    if not post:
        assert client.get(AT)["Location"].startswith("/desk/post/")


def test_nobody_without_the_duty_changes_anything_by_sending(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    assert {path for path in filled() if client.post(path, {}).status_code != 403} == set()


def test_an_editor_finds_no_fault_and_no_account_of_anybody_anywhere(demo: Demo) -> None:
    editor = demo.client(EDITOR, post=True)
    answers = {path: editor.get(path) for path in filled() if "failwhale" not in path}
    assert {path: one.status_code for path, one in answers.items() if one.status_code >= 500} == {}
    managed = [
        path
        for path in answers
        if path.startswith((f"{AT}users/", f"{AT}groups/", f"{AT}sites/", f"{AT}workflows/edit"))
    ]
    assert managed
    assert {path: answers[path].status_code for path in managed if answers[path].status_code == 200} == {}


def test_the_workbench_signs_nobody_in_and_changes_no_password(demo: Demo) -> None:
    editor = demo.client(EDITOR, post=True)
    for path in OWN:
        answer = editor.get(path)
        assert (answer.status_code, answer["Location"].startswith("/desk/")) in ((302, True), (303, True)), path
    refused = demo.client().post(f"{AT}login/", {"username": EDITOR, "password": PASSWORD})
    assert refused.status_code == 401
    assert "yiwang_session" not in refused.cookies


def test_pages_for_the_public_keep_the_strict_policy(demo: Demo) -> None:
    assert "unsafe-inline" not in demo.client().get("/your-data/")["Content-Security-Policy"]
    workbench = demo.client(EDITOR, post=True).get(AT)
    assert "'unsafe-eval'" not in workbench["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in workbench["Content-Security-Policy"]


def test_the_menu_offers_the_pages_to_editors_alone(demo: Demo) -> None:
    assert AT in demo.client(EDITOR, post=True).get("/desk/articles/").content.decode()
    assert AT not in demo.client("mo.lan", post=True).get("/desk/articles/").content.decode()


def test_things_of_the_workbench_exist_in_a_new_city(demo: Demo) -> None:
    assert Page.get_first_root_node() is not None
    assert Task.objects.filter(active=True).count() == Workflow.objects.filter(active=True).count() == 1
    assert (Image.objects.count(), TaskState.objects.count(), WorkflowState.objects.count()) == (0, 0, 0)
