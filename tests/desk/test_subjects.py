"""Looking somebody up at the desk: by which number, and why."""

from __future__ import annotations

from support.demo import RESIDENT, Demo, call

from yiwang.identity.models import Account

KEEPER = "tang.wei"


def test_numbers_of_people_come_first_and_only_what_posts_read_for_is_offered(demo: Demo) -> None:
    page = demo.client(KEEPER, post=True).get("/desk/subjects/")
    assert page.context["schemes"][0].scheme == "citizen-id"
    assert {one.title for one in page.context["purposes"]} == {"办理申请", "核对信息"}


def test_who_reads_in_a_post_may_not_say_that_the_data_are_his_own_or_that_it_is_an_emergency(demo: Demo) -> None:
    subject = Account.objects.get(login=RESIDENT).subject_id
    keeper = demo.client(KEEPER, post=True)
    for purpose in ("own-data", "emergency"):
        refused = call(keeper, "GET", f"/api/v1/subjects/{subject}/facts?purpose={purpose}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "purpose")
    assert call(keeper, "GET", f"/api/v1/subjects/{subject}/facts?purpose=fact-checking").status_code == 200
