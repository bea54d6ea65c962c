"""The page that says why an officer may do something or may not."""

from __future__ import annotations

from support.demo import OFFICER, OTHER_OFFICER, Demo

from yiwang.identity.models import Account, Unit

from .test_desk import page_of


def why(login: str, **asked: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"/desk/officers/{Account.objects.get(login=login).id}/why/?{query}"


def test_the_security_administrator_reads_the_post_and_the_duty_that_decide(demo: Demo) -> None:
    client = demo.client("sec.admin", post=True)
    page = page_of(client, why(OFFICER, action="task.decide", q="海秀街道办事处"))
    for words in ("可以", "海秀街道办事处", "起决定作用的岗位", "有 2 个岗位可以在该单位办理"):
        assert words in page


def test_a_unit_beyond_the_reach_is_named_and_so_is_who_may_act_there(demo: Demo) -> None:
    page = page_of(demo.client("sec.admin", post=True), why(OFFICER, action="task.decide", q="海口市卫生健康委员会"))
    assert "不在其范围内" in page


def test_of_several_units_one_is_chosen(demo: Demo) -> None:
    client = demo.client("sec.admin", post=True)
    page = page_of(client, why(OFFICER, action="task.decide", q="海秀"))
    assert "是其中哪一个" in page
    assert "起决定作用的岗位" not in page
    unit = Unit.objects.get(code="hk-460105002")
    assert "起决定作用的岗位" in page_of(client, why(OFFICER, action="task.decide", q="海秀", unit=str(unit.id)))


def test_a_unit_that_is_not_there_is_said_with_what_to_do(demo: Demo) -> None:
    page = page_of(demo.client("sec.admin", post=True), why(OFFICER, action="task.decide", q="月球街道"))
    assert "没有找到这个单位" in page
    assert "月球街道" in page


def test_an_officer_asks_about_himself_and_about_nobody_else(demo: Demo) -> None:
    client = demo.client(OFFICER, post=True)
    assert "我的权限和依据" in page_of(client, "/desk/account/")
    assert "只能授予以下管理员" in page_of(client, why(OFFICER, action="assignment.assign"))
    assert client.get(why(OTHER_OFFICER, action="task.decide")).status_code == 403
