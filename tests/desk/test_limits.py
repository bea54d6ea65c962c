"""The register of limits 时限登记表: every limit with its law, its examples and where it runs."""

from __future__ import annotations

from support.demo import OFFICER, Demo


def test_the_register_shows_every_limit_by_its_law_and_says_what_the_city_set_itself(demo: Demo) -> None:
    officer = demo.client(OFFICER, post=True)
    page = officer.get("/desk/limits/").content.decode()
    rows = officer.get("/api/v1/limits").json()
    assert rows
    for row in rows:
        assert row["limit"]["title"] in page
        assert (row["limit"]["law"] == "") == (row["limit"]["verified"] == "unknown")
    own = [row["limit"]["title"] for row in rows if row["limit"]["verified"] == "unknown"]
    assert "本市自行规定" in page
    assert all(page.index(title) > page.index("本市自行规定") for title in own if page.count(title) == 1)
    [decide] = [row for row in rows if row["limit"]["id"] == "lic-decide"]
    assert decide["limit"]["length"] == "20 个工作日"
    assert decide["limit"]["extension"]["shown"] == "10 个工作日"
    assert "食品经营许可（餐饮服务）" in decide["items"]


def test_anybody_may_read_the_register_and_in_english(demo: Demo) -> None:
    rows = demo.client().get("/api/v1/limits", headers={"Accept-Language": "en"}).json()
    [decide] = [row for row in rows if row["limit"]["id"] == "lic-decide"]
    assert decide["limit"]["length"] == "20 working days"


def test_the_page_is_one_step_from_a_limit_that_runs(demo: Demo) -> None:
    resident, officer = demo.client("lin.xiuying"), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    assert "/desk/limits/" in officer.get(f"/desk/cases/{case}/clocks/address-confirmed/").content.decode()
