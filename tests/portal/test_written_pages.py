"""Pages that editors write: one officer writes, another publishes, everybody reads; and what may not be."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from PIL import Image as Drawing
from support.demo import SUPERVISOR, Demo
from wagtail.images.models import Image, Rendition
from wagtail.models import PageLogEntry, Revision, Task, WorkflowState

from yiwang.audit.models import Entry
from yiwang.content.services import system_keep_timetable
from yiwang.identity.models import Account, Assignment, GroupOfNobody, PostDuty
from yiwang.kernel.time import machine_now, today
from yiwang.outbox.models import Event
from yiwang.portal.models import ContentPage, HomePage, ThemePage

EDITOR, PUBLISHER = "su.wen", SUPERVISOR
AT = "/desk/site/"


def fields_of(page: Any, **changes: Any) -> dict[str, Any]:
    """The editor's form of a page, as the browser sends it with one section of words."""
    words = {
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "text",
        "body-0-id": "",
        "body-0-value-heading": "带什么来",
        "body-0-value-text": '{"blocks":[{"key":"1","text":"身份证。","type":"unstyled","depth":0,"inlineStyleRanges":[],'
        '"entityRanges":[]}],"entityMap":{}}',
    }
    shared = {"title": page.title, "slug": page.slug, "introduction": page.introduction, "search_description": ""}
    return {
        **shared,
        **words,
        "go_live_at": "",
        "expire_at": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        **changes,
    }


def begin(editor: Any, **changes: Any) -> ContentPage:
    """A new page of words below the first page, as a draft."""
    home = HomePage.objects.get()
    new = ContentPage(title="开饭馆要知道的", slug="restaurant", introduction="三件事。")
    answer = editor.post(f"{AT}pages/add/portal/contentpage/{home.pk}/", fields_of(new, **changes))
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return ContentPage.objects.get(slug=changes.get("slug", "restaurant"))


def submit(editor: Any, **changes: Any) -> ContentPage:
    """The same, put before a second officer."""
    return begin(editor, **{"action-submit": "1", **changes})


def decide(client: Any, page: ContentPage, act: str, **given: str) -> Any:
    state = WorkflowState.objects.get(object_id=str(page.pk), status="in_progress")
    return client.post(f"{AT}pages/workflow/action/{page.pk}/{act}/{state.current_task_state_id}/", given)


def entries(action: str, outcome: str = "done") -> list[str]:
    """What Wagtail calls the acts that officers' posts did, in their order."""
    found = Entry.objects.filter(action=action, outcome=outcome, capacity="post").order_by("id")
    return [one.details.get("done", "") for one in found]


def test_a_page_is_public_only_when_a_second_officer_has_published_it(demo: Demo) -> None:
    visitor = demo.client()
    page = submit(demo.client(EDITOR, post=True))
    assert visitor.get("/restaurant/").status_code == 404
    assert decide(demo.client(PUBLISHER, post=True), page, "approve").status_code == 302
    shown = visitor.get("/restaurant/")
    assert shown.status_code == 200
    assert "身份证。" in shown.content.decode()
    assert "带什么来" in shown.content.decode()
    assert "/restaurant/" in visitor.get("/sitemap/").content.decode()


def test_every_change_leaves_an_audit_entry_in_the_name_of_the_post_and_publishing_is_told(demo: Demo) -> None:
    page = submit(demo.client(EDITOR, post=True))
    decide(demo.client(PUBLISHER, post=True), page, "approve")
    assert entries("page.write") == ["wagtail.create", "wagtail.edit", "wagtail.workflow.start"]
    assert set(entries("page.publish")) == {"wagtail.publish", "wagtail.workflow.approve"}
    assert (
        len(entries("page.write")) + len(entries("page.publish")) == PageLogEntry.objects.filter(page=page.pk).count()
    )
    written = Entry.objects.filter(action="page.write", capacity="post").earliest("id")
    assert (written.object_kind, written.object_id) == ("page", str(page.pk))
    assert written.capacity == "post"
    assert written.account_id == Account.objects.get(login=EDITOR).id
    told = Event.objects.filter(type="page.published.v1").latest("id")
    assert told.data == {"page": str(page.pk)}


def give_both_duties(login: str) -> None:
    post = Assignment.objects.get(account__login=login).post
    for duty in ("edit-pages", "publish-pages"):
        PostDuty.objects.get_or_create(post=post, duty=duty)


def test_who_wrote_the_page_does_not_publish_it_and_the_refusal_is_written_down(demo: Demo) -> None:
    give_both_duties(EDITOR)
    editor = demo.client(EDITOR, post=True)
    page = submit(editor)
    answer = decide(editor, page, "approve")
    assert answer.status_code == 403
    assert "须由其他人员发布" in answer.content.decode()
    assert not ContentPage.objects.get(pk=page.pk).live
    assert WorkflowState.objects.get(object_id=str(page.pk)).status == "in_progress"
    assert entries("page.publish", "refused") == [""]


def test_a_second_officer_who_writes_on_it_becomes_a_writer_and_needs_a_third(demo: Demo) -> None:
    give_both_duties(PUBLISHER)
    page = submit(demo.client(EDITOR, post=True))
    publisher = demo.client(PUBLISHER, post=True)
    answer = publisher.post(f"{AT}pages/{page.pk}/edit/", fields_of(page, introduction="四件事。"))
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    assert decide(publisher, page, "approve").status_code == 403


def test_nobody_publishes_straight_from_the_editor(demo: Demo) -> None:
    give_both_duties(EDITOR)
    editor = demo.client(EDITOR, post=True)
    page = begin(editor)
    form = editor.get(f"{AT}pages/{page.pk}/edit/").content.decode()
    assert 'name="action-submit"' in form
    assert 'name="action-publish"' not in form
    answer = editor.post(f"{AT}pages/{page.pk}/edit/", fields_of(page, **{"action-publish": "1"}))
    assert answer.status_code == 403
    assert not ContentPage.objects.get(pk=page.pk).live
    assert Revision.objects.for_instance(page).count() == 1, "the text was saved although its act was refused"


def test_a_writer_alone_cannot_publish_whatever_he_sends(demo: Demo) -> None:
    editor = demo.client(EDITOR, post=True)
    page = submit(editor)
    assert decide(editor, page, "approve").status_code in (302, 403)
    editor.post(f"{AT}pages/{page.pk}/edit/", fields_of(page, **{"action-publish": "1"}))
    editor.post(f"{AT}pages/{page.pk}/unpublish/", {})
    assert not ContentPage.objects.get(pk=page.pk).live


def test_a_page_given_back_comes_with_the_reason_and_is_sent_again(demo: Demo) -> None:
    editor, publisher = demo.client(EDITOR, post=True), demo.client(PUBLISHER, post=True)
    page = submit(editor)
    assert decide(publisher, page, "reject", comment="少了一个窗口的地址").status_code == 302
    assert "少了一个窗口的地址" in editor.get(f"{AT}pages/{page.pk}/edit/").content.decode()
    again = editor.post(f"{AT}pages/{page.pk}/edit/", fields_of(page, **{"action-restart-workflow": "1"}))
    assert again.status_code == 302
    assert decide(publisher, page, "approve").status_code == 302
    assert ContentPage.objects.get(pk=page.pk).live


def test_a_page_taken_back_is_gone_for_everybody_and_that_is_told(demo: Demo) -> None:
    publisher = demo.client(PUBLISHER, post=True)
    page = ContentPage.objects.get(slug="your-data")
    assert publisher.post(f"{AT}pages/{page.pk}/unpublish/", {}).status_code == 302
    assert demo.client().get("/your-data/").status_code == 404
    assert Event.objects.get(type="page.withdrawn.v1").data == {"page": str(page.pk)}


def test_a_post_that_ended_ends_editing_at_once(demo: Demo) -> None:
    editor = demo.client(EDITOR, post=True)
    page = begin(editor)
    Assignment.objects.filter(account__login=EDITOR).update(valid_to=today())
    answer = editor.post(f"{AT}pages/{page.pk}/edit/", fields_of(page, introduction="改了"))
    assert answer.status_code == 403
    assert Revision.objects.for_instance(page).count() == 1


def test_nobody_is_in_a_group_and_no_row_can_put_him_there(demo: Demo) -> None:
    from django.contrib.auth.models import Group

    group, account = Group.objects.all()[0], Account.objects.get(login=EDITOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupOfNobody.objects.create(account=account, group=group)
    assert not account.has_perm("wagtailadmin.access_admin"), "no request says who acts"


def test_what_editors_say_of_a_theme_stands_above_its_items(demo: Demo) -> None:
    shown = demo.client().get("/themes/work/").content.decode()
    assert "开一家小餐馆要办什么" in shown
    assert "食品经营许可" in shown
    assert ThemePage.objects.get(theme="work").url == "/themes/work/"


def test_a_theme_has_one_page(demo: Demo) -> None:
    editor, home = demo.client(EDITOR, post=True), HomePage.objects.get()
    new = ContentPage(title="宜业二", slug="work-2", introduction="")
    answer = editor.post(f"{AT}pages/add/portal/themepage/{home.pk}/", fields_of(new, theme="work"))
    assert "这个主题已有页面" in answer.content.decode()
    wrong = editor.post(f"{AT}pages/add/portal/themepage/{home.pk}/", fields_of(new, theme="nothing"))
    assert wrong.status_code == 200
    assert ThemePage.objects.filter(slug="work-2").count() == 0


def test_the_first_page_shows_its_sections_in_the_order_of_its_editors(demo: Demo) -> None:
    home = HomePage.objects.get()
    home.greeting, home.body = (
        "您好，海口",
        [("notice", {"heading": "台风停办", "text": "今天下午窗口停办。"}), ("verify", None), ("life", None)],
    )
    home.save()
    shown = demo.client().get("/").content.decode()
    assert "您好，海口" in shown
    places = [shown.index(words) for words in ("台风停办", 'id="verify"', 'id="life"')]
    assert places == sorted(places)
    assert 'id="items"' not in shown


def test_a_city_whose_first_page_was_taken_away_still_has_one(demo: Demo) -> None:
    HomePage.objects.update(live=False)
    shown = demo.client().get("/")
    assert shown.status_code == 200
    assert 'id="life"' in shown.content.decode()


def test_a_page_comes_and_goes_at_the_hours_that_were_set(demo: Demo) -> None:
    tomorrow = (machine_now() + timedelta(days=1)).astimezone(ZoneInfo("Asia/Shanghai"))
    page = submit(demo.client(EDITOR, post=True), go_live_at=f"{tomorrow:%Y-%m-%d %H:%M}")
    decide(demo.client(PUBLISHER, post=True), page, "approve")
    assert "wagtail.publish.schedule" in entries("page.publish")
    system_keep_timetable()
    assert demo.client().get("/restaurant/").status_code == 404
    revision = page.get_latest_revision()
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=machine_now() - timedelta(minutes=1))
    revision.refresh_from_db()  # the hour has come
    revision.content["go_live_at"] = (machine_now() - timedelta(minutes=1)).isoformat()
    revision.save()
    system_keep_timetable()
    assert demo.client().get("/restaurant/").status_code == 200
    ContentPage.objects.filter(pk=page.pk).update(expire_at=machine_now() - timedelta(seconds=1))
    system_keep_timetable()
    assert demo.client().get("/restaurant/").status_code == 404
    by_itself = Entry.objects.filter(action="page.publish", capacity="system", object_id=str(page.pk))
    assert [one.details["done"] for one in by_itself.order_by("id")] == [
        "wagtail.publish.scheduled",
        "wagtail.unpublish.scheduled",
    ]


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def drawn(form: str = "PNG") -> bytes:
    kept = io.BytesIO()
    Drawing.new("RGB", (40, 30), "teal").save(kept, form)
    return kept.getvalue()


def hand_in(editor: Any, name: str, content: bytes) -> Any:
    sent = io.BytesIO(content)
    sent.name = name
    return editor.post(f"{AT}images/add/", {"title": "窗口", "file": sent, "collection": "1"})


def test_a_picture_is_kept_by_its_digest_and_shown_unchanging(demo: Demo) -> None:
    assert hand_in(demo.client(EDITOR, post=True), "窗口.png", drawn()).status_code == 302
    picture = Image.objects.get(title="窗口")
    rendition = picture.get_rendition("max-20x20|format-webp")
    shown = demo.client().get(rendition.url)
    assert shown.status_code == 200
    assert shown["Content-Type"] == "image/webp"
    assert "immutable" in shown["Cache-Control"]
    assert b"".join(shown.streaming_content)[:4] == b"RIFF"
    assert entries("page.write") == ["wagtail.create"]


def test_a_picture_that_pages_show_is_neither_exchanged_nor_deleted_by_one_officer(demo: Demo) -> None:
    editor = demo.client(EDITOR, post=True)
    hand_in(editor, "窗口.png", drawn())
    picture = Image.objects.get()
    free = editor.post(f"{AT}images/{picture.pk}/", {"title": "一号窗口", "collection": "1"})
    assert free.status_code == 302
    home = HomePage.objects.get()
    home.body = [("picture", {"picture": picture, "shows": "窗口", "caption": ""})]
    home.save()
    answer = editor.post(f"{AT}images/{picture.pk}/", {"title": "别的", "collection": "1"})
    assert answer.status_code == 403
    assert "另外添加一张图片" in answer.content.decode()
    assert editor.post(f"{AT}images/{picture.pk}/delete/", {}).status_code == 403
    assert Image.objects.get().title == "一号窗口"


def test_a_preview_keeps_the_strict_policy_of_the_page_that_it_shows(demo: Demo) -> None:
    editor = demo.client(EDITOR, post=True)
    page = begin(editor)
    assert editor.post(f"{AT}pages/{page.pk}/edit/preview/", fields_of(page)).json()["is_valid"]
    shown = editor.get(f"{AT}pages/{page.pk}/edit/preview/?mode=")
    assert "身份证。" in shown.content.decode()
    assert "unsafe-inline" not in shown["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in shown["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("窗口.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("窗口.png", b"<html><script>alert(1)</script></html>"),
        ("窗口.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
        ("窗口.php", drawn()),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(demo: Demo, name: str, content: bytes) -> None:
    answer = hand_in(demo.client(EDITOR, post=True), name, content)
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert not Image.objects.exists()


@pytest.mark.parametrize("name", ["0" * 64 + ".png", "..%2f..%2fetc%2fpasswd", "a.png", "0" * 64 + ".html"])
def test_nothing_but_pictures_is_found_among_the_pictures(demo: Demo, name: str) -> None:
    assert demo.client().get(f"/pictures/{name}").status_code == 404


def test_a_file_of_a_case_is_no_picture_even_for_who_knows_its_digest(demo: Demo) -> None:
    from yiwang.documents.services import store

    kept = store(io.BytesIO(drawn()), media_type="image/png")
    assert demo.client().get(f"/pictures/{kept.digest}.png").status_code == 404
    assert not Rendition.objects.exists()


def test_a_second_officer_is_the_only_step_of_the_workflow(demo: Demo) -> None:
    [task] = Task.objects.filter(active=True)
    assert task.specific.get_actions(None, Account.objects.get(login=EDITOR)) == []
