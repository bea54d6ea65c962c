"""The organisation's pages: the tree, a unit, a post and a duty, and what each administrator changes on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.demo import OFFICER, RESIDENT, Demo

from yiwang.kernel import time

from .test_desk import page_of

SYSTEM, SECURITY, AUDIT = "sys.admin", "sec.admin", "aud.admin"


def unit_of(short_title: str) -> Any:
    from yiwang.identity.models import Unit

    return Unit.objects.get(short_title=short_title)


def post_of(login: str) -> Any:
    from yiwang.identity.models import Post

    return Post.objects.get(assignments__account__login=login, assignments__valid_to__isnull=True)


@pytest.fixture
def street(demo: Demo) -> Any:
    return unit_of("海秀街道办事处")


def test_the_tree_is_walked_by_level_and_found_by_name_code_and_level(demo: Demo, street: Any) -> None:
    client = demo.client(SYSTEM, post=True)
    page = page_of(client, "/desk/units/")
    assert page.count("data-row") < 200
    assert street.title not in page
    for asked in ("q=海秀街道", f"q={street.code}", "level=township"):
        assert f"/desk/units/{street.id}/" in page_of(client, f"/desk/units/?{asked}")
    nothing = page_of(client, "/desk/units/?q=没有这样的")
    assert "没有叫这个名称的单位" in nothing
    assert "回到最上级" in nothing


def test_a_unit_shows_its_posts_and_who_holds_them_by_name_to_administrators_alone(demo: Demo, street: Any) -> None:
    at = f"/desk/units/{street.id}/"
    page = page_of(demo.client(SECURITY, post=True), at)
    assert "吴清" in page
    assert OFFICER in page
    assert street.credit_code in page
    assert "吴清" not in page_of(demo.client(AUDIT, post=True), at)
    other = page_of(demo.client("fu.hai", post=True), at)
    assert "吴清" not in other
    assert "人任职" in other


def test_the_system_administrator_opens_renames_moves_and_closes_a_unit(demo: Demo, street: Any) -> None:
    client = demo.client(SYSTEM, post=True)
    form = page_of(client, f"/desk/units/{street.id}/open/")
    assert street.credit_code in form
    given = {
        "title": "便民服务中心", "short_title": "", "code": "hk-new-centre", "level": "division",
        "credit_code": street.credit_code, "division_code": street.division_code,
    }  # fmt: skip
    wrong = client.post(f"/desk/units/{street.id}/open/", {**given, "title": "", "credit_code": "1", "code": ""})
    assert wrong.status_code == 422
    assert wrong.content.decode().count('aria-invalid="true"') == 3
    opened = client.post(f"/desk/units/{street.id}/open/", given)
    assert opened.status_code == 303
    at = opened["Location"]
    assert "海秀街道办事处" in page_of(client, at)
    version = client.get(f"{at}rename/").context["version"]
    client.post(f"{at}rename/", {"title": "便民中心", "short_title": "", "version": version})
    page = page_of(client, at)
    assert "由“便民服务中心”更名为“便民中心”" in page
    late = client.post(f"{at}rename/", {"title": "晚来的名称", "short_title": "", "version": version})
    assert late.status_code == 409
    assert "晚来的名称" in late.content.decode()
    assert "其他人刚刚改动了这里" in late.content.decode()
    other = unit_of("秀英街道办事处")
    assert str(other.id) in page_of(client, f"{at}move/?q=秀英街道")
    assert client.post(f"{at}move/", {"version": version + 1}).status_code == 422
    moved = client.post(f"{at}move/", {"version": version + 1, "parent": str(other.id)})
    assert moved.status_code == 303
    assert f"由“{street.title}”移到“{other.title}”之下" in page_of(client, at)
    assert client.post(f"{at}close/", {"version": version + 2}).status_code == 303
    assert "已关闭" in page_of(client, "/desk/units/?q=hk-new-centre")


def test_a_unit_at_work_is_not_closed_and_all_reasons_stand_on_the_page(demo: Demo, street: Any) -> None:
    demo.send(demo.client(RESIDENT))
    client = demo.client(SYSTEM, post=True)
    answer = client.post(f"/desk/units/{street.id}/close/", {"version": street.version})
    page = answer.content.decode()
    assert answer.status_code == 409
    for reason in ("人任职，请先结束任职", "个责任区", "个办件没有办结", "个待办等它办理"):
        assert reason in page
    assert "现在还不能关闭" in page


def test_a_post_is_opened_by_one_and_given_duties_and_an_officer_by_another(demo: Demo, street: Any) -> None:
    system, security = demo.client(SYSTEM, post=True), demo.client(SECURITY, post=True)
    opened = system.post(
        f"/desk/units/{street.id}/posts/", {"title": "夜间窗口", "code": "hk-night", "duties": ["confirm-address"]}
    )
    at = opened["Location"]
    page = page_of(system, at)
    assert "这个岗位无人任职" in page
    assert f"{at}assign/" not in page
    assert f"{at}close/" in page
    assert f"{at}assign/" in page_of(security, at)
    nobody = security.post(f"{at}assign/", {"login": "nobody.here", "valid_from": "x", "valid_to": "y"})
    assert nobody.status_code == 422
    assert nobody.content.decode().count('aria-invalid="true"') == 3
    since = time.today()
    assert security.post(f"{at}assign/", {"login": "chen.dawen", "valid_from": since.isoformat()}).status_code == 303
    again = security.post(f"{at}assign/", {"login": "chen.dawen", "valid_from": since.isoformat()})
    assert again.status_code == 409
    page = page_of(security, at)
    assert "陈大文" in page
    refused = system.post(f"{at}close/", {"version": 1})
    assert refused.status_code == 409
    changed = security.post(f"{at}duties/", {"version": 1, "duties": []})
    assert changed.status_code == 303
    assert "还没有职责" in page_of(security, at)
    seat = security.get(at).context["holders"][0].of.assignment_id
    later = (since + timedelta(days=7)).isoformat()
    ended = security.post(f"/desk/assignments/{seat}/end/", {"on": later, "next": at})
    assert (ended.status_code, ended["Location"]) == (303, at)
    assert "至" in page_of(security, at)
    assert security.post(f"/desk/assignments/{seat}/end/", {"on": since.isoformat(), "next": at}).status_code == 303
    assert system.post(f"{at}close/", {"version": 2}).status_code == 303
    assert "岗位已关闭" in page_of(security, at)


def test_each_form_is_for_the_right_administrator_alone(demo: Demo, street: Any) -> None:
    post = post_of(OFFICER)
    of_system = [f"/desk/units/{street.id}/{act}/" for act in ("open", "rename", "move", "close", "posts")]
    of_system.append(f"/desk/posts/{post.id}/close/")
    of_security = [f"/desk/posts/{post.id}/{act}/" for act in ("duties", "assign")]
    for login, allowed, refused in (
        (SYSTEM, of_system, of_security),
        (SECURITY, of_security, of_system),
        (AUDIT, [], of_system + of_security),
        (OFFICER, [], of_system + of_security),
    ):
        client = demo.client(login, post=True)
        for path in allowed:
            page_of(client, path)
        for path in refused:
            page_of(client, path, 403)
            assert client.post(path, {}).status_code == 403


def test_a_duty_says_what_it_may_do_who_has_it_and_where(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    assert "/desk/duties/confirm-address/" in page_of(client, "/desk/duties/")
    page = page_of(client, "/desk/duties/confirm-address/")
    assert "办理待办" in page
    assert "限本单位" in page
    assert "海秀街道" in page
    page_of(client, "/desk/duties/nothing/", 404)
    security = page_of(demo.client(SECURITY, post=True), "/desk/duties/administer-system/")
    assert "系统管理员" in security
    assert "不能兼任" in security


def test_pages_of_the_organisation_cost_a_bounded_number_of_queries(demo: Demo, street: Any) -> None:
    client = demo.client(SECURITY, post=True)
    for path, most in (
        ("/desk/units/", 22),
        (f"/desk/units/{street.id}/", 28),
        (f"/desk/posts/{post_of(OFFICER).id}/", 26),
        ("/desk/duties/confirm-address/", 28),
    ):
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        assert len(captured) <= most, (path, len(captured))
