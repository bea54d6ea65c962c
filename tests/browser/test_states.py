"""Pages that no link leads to: faults, refusals, lost races, empty lists, errors. Without fault like every other page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from browser.busy import AGENT
from browser.conftest import Site, visiting
from browser.look import Looker, shoot
from django.db.models import F
from support.demo import ITEM, NEIGHBOUR, OFFICER, OTHER_OFFICER, PASSWORD, RESIDENT, SUPERVISOR
from support.kin import KEEPER

from yiwang.kernel.time import machine_now, today

pytestmark = pytest.mark.browser
APPLY = f"/items/{ITEM}/apply/"
Step = Callable[[Any, Site], None]


def go(path: str) -> Step:
    return lambda page, site: page.goto(site.root + path)


def send_empty(page: Any, site: Site) -> None:
    page.goto(site.root + APPLY)
    page.locator("form[data-form] [data-waits]").click()
    page.wait_for_selector("#faults")


def expire(page: Any, site: Site) -> None:
    page.goto(site.root + APPLY)
    page.context.clear_cookies(name="yiwang_session")
    page.locator("form[data-form] [data-waits]").click()
    page.wait_for_selector("#password")


def lose_the_token(page: Any, site: Site) -> None:
    page.goto(site.root + APPLY)
    page.context.clear_cookies(name="yiwang_csrf")
    page.locator("form[data-form] [data-waits]").click()
    page.wait_for_load_state("networkidle")


def wrong_password(page: Any, site: Site) -> None:
    page.goto(site.root + "/sign-in/")
    page.fill("#login", "nobody.here")
    page.fill("#password", "wrong")
    page.locator("main form button").click()
    page.wait_for_selector(".faults")


def refuse_without_reason(page: Any, site: Site) -> None:
    page.goto(site.root + "/desk/tasks/")
    page.locator("tr[data-row] a").first.click()
    page.locator("button[value=refuse]").click()
    page.wait_for_selector("#reason-fault")


def look_up(page: Any, site: Site, number: str = "460199196103089029") -> None:
    page.goto(site.root + "/desk/subjects/")
    page.select_option("#scheme", "citizen-id")
    page.fill("#value", number)
    page.select_option("#purpose", "case-handling")
    page.locator("main form button").click()


def see_a_subject(page: Any, site: Site) -> None:
    look_up(page, site)
    page.wait_for_selector(".record")


def look_up_nobody(page: Any, site: Site) -> None:
    look_up(page, site, "460199196103089020")
    page.wait_for_selector("#value-fault")


def see_the_history(page: Any, site: Site) -> None:
    see_a_subject(page, site)
    page.locator("a[href*='/records/'][href*='purpose']:not([href*='correct'])").first.click()
    page.wait_for_selector(".record")


def correct_nothing(page: Any, site: Site) -> None:
    see_a_subject(page, site)
    page.locator("a[href*='/correct/']").first.click()
    page.locator("main form button").click()
    page.wait_for_selector(".field-fault")


def see_relations(page: Any, site: Site) -> None:
    see_a_subject(page, site)
    page.locator("a[href*='/relations/?purpose']").first.click()
    page.wait_for_selector(".record")


def correct_a_relation(page: Any, site: Site) -> None:
    see_a_subject(page, site)
    page.locator("a[href^='/desk/relations/']").first.click()
    page.wait_for_selector("#valid-from")


def correct_a_relation_to_nothing(page: Any, site: Site) -> None:
    correct_a_relation(page, site)
    page.fill("#valid-to", "1950-01-01")
    page.locator("form[aria-labelledby=correcting] button").click()
    page.wait_for_selector("#reason-fault")


def retract_without_reason(page: Any, site: Site) -> None:
    correct_a_relation(page, site)
    page.locator("form[aria-labelledby=retracting] button").click()
    page.wait_for_selector("#why-never-fault")


def doubt_a_relation_without_words(page: Any, site: Site) -> None:
    see_a_subject(page, site)
    page.locator("a[href*='/relations/'][href*='/doubt/']").first.click()
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#what-fault")


def doubt_own_relation_without_words(page: Any, site: Site) -> None:
    page.goto(site.root + "/my/facts/")
    page.locator("a[href^='/my/relations/'][href$='/doubt/']").first.click()
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#faults")


def choose_a_purpose(page: Any, site: Site) -> None:
    see_a_subject(page, site)
    page.goto(page.url.partition("?")[0])


def uncover(page: Any, site: Site) -> None:
    page.goto(site.root + "/my/facts/")
    page.locator("a[href^='?show=']").first.click()
    page.wait_for_load_state("networkidle")


def check_the_log(page: Any, site: Site) -> None:
    from yiwang.audit.services import seal

    seal()
    page.goto(site.root + "/desk/audit/")
    page.locator("main form button").first.click()
    page.wait_for_selector(".note")


def open_the_keys(page: Any, site: Site) -> None:
    page.goto(site.root + "/desk/tasks/")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def open_the_withdrawal(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/my/cases/{site.cases['open']}/")
    page.locator("summary").first.click()


def explain_without_words(page: Any, site: Site) -> None:
    page.goto(site.root + "/desk/tasks/")
    page.locator("a.row-alert").first.click()
    page.locator("button[value=explain]").click()
    page.wait_for_selector("#reason-fault")


def serve(page: Any, site: Site, what: str = ITEM, number: str = "460199196103089029") -> None:
    page.goto(f"{site.root}/desk/hall/{what}/")
    page.fill("#value", number)
    page.locator("input[name=shown]").first.check()
    page.locator("input[name=means]").first.check()
    page.check("#agreed")
    page.locator("main form [data-waits]").click()
    page.wait_for_selector("#window-form")


def serve_without_consent(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/hall/{ITEM}/")
    page.locator("main form [data-waits]").click()
    page.wait_for_selector("#faults")


def enter_for_somebody(page: Any, site: Site) -> None:
    serve(page, site)
    for level, place in (("county", "460105"), ("township", "460105002"), ("village", "460105002001")):
        field = page.locator(f"#f-residence-address-{level}")
        field.locator(f"option[value='{place}']").wait_for(state="attached")
        field.select_option(place)
    page.fill("#f-residence-address-detail", "滨海大道 9 号 1 栋 101")
    page.fill("#f-residence-since", "2026-03-01")
    page.fill("#f-residence-phone", "13800000009")
    page.locator("[form=window-form]").click()
    page.wait_for_selector(".receipt-sheet")


def enter_a_bundle_for_somebody(page: Any, site: Site) -> None:
    serve(page, site, "newborn", "460199199508129061")
    page.fill("#f-newborn-name", "吴一诺")
    page.fill("#f-newborn-phone", "13800000007")
    page.locator("[form=window-form]").click()
    page.wait_for_selector(".receipt-sheet")


CAREFUL = "mo.lan"


def begin_a_second_factor(page: Any, site: Site) -> None:
    without_second_factor(CAREFUL)
    page.goto(site.root + "/my/account/")
    page.fill("#p-password", PASSWORD)
    page.locator("button[value=begin]").click()
    page.wait_for_selector("img.qr")


def take_a_second_factor(page: Any, site: Site) -> None:
    begin_a_second_factor(page, site)
    page.fill("#p-code", shown_by_app(CAREFUL))
    page.locator("button[value=confirm]").click()
    page.wait_for_selector(".recovery-codes")
    without_second_factor(CAREFUL)


def mistake_the_first_code(page: Any, site: Site) -> None:
    begin_a_second_factor(page, site)
    page.fill("#p-code", "000000x")
    page.locator("button[value=confirm]").click()
    page.wait_for_selector("#p-code-fault")


def give_a_wrong_code(page: Any, site: Site) -> None:
    begin_a_second_factor(page, site)
    page.fill("#p-code", shown_by_app(CAREFUL))
    page.locator("button[value=confirm]").click()
    page.wait_for_selector(".recovery-codes")
    page.context.clear_cookies(name="yiwang_session")
    page.goto(site.root + "/sign-in/")
    page.fill("#login", CAREFUL)
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_selector("#code")
    page.fill("#code", "000000x")
    page.locator("main form button").first.click()
    page.wait_for_selector(".faults")
    page.locator("summary").click()
    without_second_factor(CAREFUL)


def with_passkey(login: str) -> None:
    """As if he had added one on another machine."""
    from yiwang.identity.models import Account, Passkey

    without_second_factor(login)
    account = Account.objects.get(login=login)
    Passkey.objects.create(
        account=account, name="办公电脑", credential_id=b"k", public_key=b"k", sign_count=0, backed_up=True
    )


def begin_a_passkey(page: Any, site: Site) -> None:
    without_second_factor(CAREFUL)
    page.goto(site.root + "/my/account/")
    page.fill("#p-password", PASSWORD)
    page.locator("button[value=passkey]").click()
    page.wait_for_selector("#p-name")


def look_at_a_passkey(page: Any, site: Site) -> None:
    with_passkey(CAREFUL)
    page.goto(site.root + "/my/account/")
    page.wait_for_selector("button[name=gone]")
    page.get_by_role("button", name="通行密钥").or_(page.get_by_role("button", name="passkey")).first.click()
    page.wait_for_selector("[data-passkey-said]:not([hidden])")
    without_second_factor(CAREFUL)


def be_asked_for_a_passkey(page: Any, site: Site) -> None:
    with_passkey(CAREFUL)
    page.goto(site.root + "/sign-in/")
    page.fill("#login", CAREFUL)
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_selector("#recovery", state="attached")
    page.locator("summary").click()
    without_second_factor(CAREFUL)


def shown_by_app(login: str) -> str:
    from yiwang.identity.models import Account
    from yiwang.identity.queries.second_factor import begun_factor, secret_of
    from yiwang.identity.rules.one_time_codes import code_at
    from yiwang.kernel.time import machine_now

    factor = begun_factor(Account.objects.get(login=login).id)
    assert factor is not None
    return code_at(secret_of(factor), machine_now())


def without_second_factor(login: str) -> None:
    from yiwang.identity.models import Passkey, SecondFactor

    SecondFactor.objects.filter(account__login=login).delete()
    Passkey.objects.filter(account__login=login).delete()


def be_asked_once_more(page: Any, site: Site) -> None:
    from yiwang.identity.models import Account, Session

    # the browser's session is as old as if nobody had proved anything for an hour
    Session.objects.filter(account__login="sec.admin").update(began_at=F("began_at") - timedelta(hours=1))
    page.goto(f"{site.root}/desk/officers/")
    page.select_option("#account", str(Account.objects.get(login=OTHER_OFFICER).id))
    page.select_option("#post", index=1)
    page.locator("form[action='/desk/officers/'] .btn-main").click()
    page.wait_for_url("**/assign/?login=*")
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#proof")


def need_consent(page: Any, site: Site) -> None:
    from yiwang.identity.models import Post

    post = Post.objects.get(code="hk-460105002-address")
    page.goto(f"{site.root}/desk/posts/{post.id}/duties/")
    page.locator("input[name=duties][value=lead-unit]").set_checked(True)
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#consent-reason")


def ask_for_consent(page: Any, site: Site) -> None:
    from yiwang.identity.models import ConsentRequest

    ConsentRequest.objects.all().delete()
    need_consent(page, site)
    page.fill("#consent-reason", "窗口岗位调整，领导已批")
    page.locator("main form .btn-main").click()
    page.wait_for_selector("form[action$='/withdraw/']")


def be_asked_for_consent(page: Any, site: Site) -> None:
    with visiting(page.context.browser, site, "sec.admin", post=True) as other:
        ask_for_consent(other, site)
    page.goto(f"{site.root}/desk/consents/")
    page.locator("main tr[data-row] a").first.click()
    page.wait_for_selector("form[action$='/give/']")


def ask_for_an_emergency_in_vain(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/emergencies/open/")
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#faults")


def opened_in_an_emergency(*, looks: int = 0, over: bool = False) -> str:
    """The address of an access that two administrators opened."""
    from yiwang.cases.models import Case
    from yiwang.identity.models import Account, Assignment
    from yiwang.identity.models.emergencies import EmergencyAccess, EmergencyLook

    EmergencyLook.objects.all().delete()
    EmergencyAccess.objects.all().delete()
    case, asker = Case.objects.filter(item=ITEM).earliest("submitted_at"), Account.objects.get(login="sys.admin")
    begun = machine_now() - timedelta(minutes=40 if over else 4)
    one = EmergencyAccess.objects.create(
        kind="case",
        object_id=case.pk,
        reference=case.number,
        reason="群众深夜来电，称材料丢失，须核对办件是否收到；受理岗联系不上",
        asked_by=asker,
        asked_in=Assignment.objects.get(account=asker).post,
        consented_by=Account.objects.get(login="sec.admin"),
        begun_at=begun,
        lasts_until=begun + timedelta(minutes=30),
    )
    EmergencyLook.objects.bulk_create(
        EmergencyLook(access=one, at=begun + timedelta(minutes=number + 1)) for number in range(looks)
    )
    return f"/desk/emergencies/{one.id}/"


def have_opened_a_case(page: Any, site: Site) -> None:
    page.goto(site.root + opened_in_an_emergency())


def read_in_an_emergency(page: Any, site: Site) -> None:
    have_opened_a_case(page, site)
    page.locator("form[action$='/look/'] button").click()
    page.wait_for_selector(".note-warn")


def be_about_to_review(page: Any, site: Site) -> None:
    at = opened_in_an_emergency(looks=2, over=True)
    page.goto(f"{site.root}/desk/emergencies/")
    page.locator("main tr[data-row] a").first.click()
    page.wait_for_url(f"**{at}")


def review_without_a_finding(page: Any, site: Site) -> None:
    be_about_to_review(page, site)
    page.locator("form[action$='/review/'] button").click()
    page.wait_for_selector("#faults")


def see_what_was_opened(page: Any, site: Site) -> None:
    opened_in_an_emergency(looks=2, over=True)
    page.goto(f"{site.root}/desk/emergencies/")


def hand_in(page: Any, site: Site, kind: str, table: str) -> None:
    page.goto(f"{site.root}/desk/lists/{kind}/")
    page.fill("#f-table", table)
    page.locator("main form button[type=submit]").click()


UNITS = "代码,名称,层级,上级代码,统一社会信用代码,行政区划代码\n"


def look_at_a_list(page: Any, site: Site) -> None:
    lines = (
        "hk-xzj,海口市行政执法局,市级,hk-gov,11460199990000017H,460100\n"
        "hk-xzj-zh,综合科,内设机构,hk-xzj,11460199990000017H,460100\n"
        "hk-office,海口市人民政府办公厅,市级,hk-gov,,\n"
        "hk-edu,海口市教育局,市级,hk-gov,,\n"
    )
    hand_in(page, site, "units", UNITS + lines)
    page.wait_for_selector("form[action$='/take-in/']")


def hand_in_a_list_with_faults(page: Any, site: Site) -> None:
    lines = (
        "hk-xzj,海口市行政执法局,市级,没有的,11460199990000017H,460100\n"
        "hk-xzj-zh,,科室,hk-gov,11460199990000018H,460100\n"
    )
    hand_in(page, site, "units", UNITS + lines)


def hand_in_officers_with_faults(page: Any, site: Site) -> None:
    lines = (
        "张敏,460199196103089010,张敏\na.two,4601991961030890,李华\na.three,460199196103089999,王芳\na.four,,赵军\n"
        "a.six,460199196103089029,林秀英\na.seven,460199199003070025,陈静\nwu.qing,,吴青\n"
    )
    hand_in(page, site, "officers", "登录名,公民身份号码,姓名\n" + lines)


def answer_what_does_not_go_together(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/items/food-permit/apply/")
    for _section in ("who", "where"):
        page.locator("[data-step-on]").click()
    page.locator("#f-food-business-form").select_option("drinks")
    page.locator("#f-food-business-items").select_option("all")
    page.locator("[data-step-on]").click()
    page.locator(".step-now .field-fault [data-fault-text]:not(:empty)").nth(
        1
    ).wait_for()  # the page says one, the city the other


def review_rights(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/reviews/")
    page.locator("main tr[data-row] a").first.click()
    page.wait_for_selector("input[name=line]")
    page.locator("details.fold summary").first.click()


def end_a_right_without_a_reason(page: Any, site: Site) -> None:
    review_rights(page, site)
    page.locator("input[name=line]").first.check()
    page.locator("button[value=end]").click()
    page.wait_for_selector("#faults")


def keep_a_right(page: Any, site: Site) -> None:
    review_rights(page, site)
    page.locator("input[name=line]").first.check()
    page.locator("button[value=keep]").click()
    page.wait_for_selector(".note-done")


def see_how_a_review_goes(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/reviews/")
    page.locator("main tr[data-row] a").first.click()
    page.wait_for_selector("#progress")


def open_a_review_in_vain(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/reviews/open/")
    page.locator("main form[method=post] .btn-main").click()
    page.wait_for_selector("#faults")


def ask_for_a_right_in_vain(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/rights/ask/")
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#faults")


def ask_for_a_right(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/desk/rights/ask/")
    page.locator("input[name=duty]").first.check()
    page.locator("textarea[name=why]").fill("六月请本岗位写办事指南的解读。")
    page.locator("input[name=last_day]").fill((today() + timedelta(days=20)).isoformat())
    page.locator("main form .btn-main").click()
    page.wait_for_selector(".note-done")


def read_the_report_of_a_review(page: Any, site: Site) -> None:
    see_how_a_review_goes(page, site)
    page.locator("a[href$='/report/']").click()
    page.wait_for_selector("#result")


def open_the_menu(page: Any, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.root}/desk/tasks/")
    page.locator("a.menu-link[href='#menu']").click()
    page.wait_for_selector("#menu nav", state="visible")


def refuse_consent_without_a_reason(page: Any, site: Site) -> None:
    be_asked_for_consent(page, site)
    page.locator("form[action$='/refuse/'] button").click()
    page.wait_for_selector("#reason-fault")


def offer_nothing(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/my/mandates/new/")
    page.fill("#f-valid_from", "2020-01-01")
    page.locator("main form .btn-main").click()
    page.wait_for_selector("#faults")


def offer_to_nobody(page: Any, site: Site) -> None:
    from yiwang.identity.models import SignInAttempt

    SignInAttempt.objects.all().delete()
    page.goto(f"{site.root}/my/mandates/new/")
    page.locator("input[name=subject_id]").first.set_checked(True)
    page.fill("#f-number", "460199199302279056")
    page.fill("#f-name", "没有此人")
    page.locator("input[name=items]").first.set_checked(True)
    page.locator("main form .btn-main").click()
    page.wait_for_selector(".note[role=alert]")


def be_offered_a_mandate(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/my/mandates/")
    page.locator("section[aria-labelledby=received] h3 a").first.click()
    page.wait_for_selector("button[value=accept]")


def be_about_to_take_back(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/my/mandates/")
    page.locator("section[aria-labelledby=given] h3 a").first.click()
    page.locator("details.fold summary").click()
    page.wait_for_selector("form[action$='/end/'] button")


def act_for_another(page: Any, site: Site) -> None:
    page.goto(f"{site.root}/my/capacity/")
    page.locator("main button[value^='mandate:']").first.click()
    page.wait_for_selector(".acting")
    page.goto(f"{site.root}/items/food-permit/apply/")
    page.wait_for_selector("form[data-form]")


def act_for_another_where_one_cannot(page: Any, site: Site) -> None:
    act_for_another(page, site)
    page.goto(f"{site.root}/my/facts/")


WINDOW = "zhuo.lin"
STATES: dict[str, tuple[str, bool, int, Step]] = {
    "nothing found": ("", False, 0, go("/search/?q=护照")),
    "days off and service hours": ("", False, 0, go("/days/")),
    "windows at an item": ("", False, 0, go("/items/food-permit/?area=460108")),
    "no such page": ("", False, 404, go("/nowhere/")),
    "somebody else's case": (NEIGHBOUR, False, 404, go("/my/cases/0199aaaa-0000-7000-8000-000000000000/")),
    "as an officer on the portal": (OFFICER, True, 403, go("/my/cases/")),
    "not for this post": (OFFICER, True, 403, go("/desk/audit/")),
    "no such task": (OFFICER, True, 404, go("/desk/tasks/0199aaaa-0000-7000-8000-000000000000/")),
    "no such number": (OFFICER, True, 0, go("/desk/cases/?number=123")),
    "no tasks": (OTHER_OFFICER, True, 0, go("/desk/tasks/")),
    "no cases": ("wu.qing", False, 0, go("/my/cases/")),
    "no messages": ("wu.qing", False, 0, go("/my/messages/")),
    "a button's address": (RESIDENT, False, 405, go("/preferences/")),
    "faults in a form": (RESIDENT, False, 422, send_empty),
    "answers that do not go together": (RESIDENT, False, 0, answer_what_does_not_go_together),
    "session ended in mid-form": (RESIDENT, False, 401, expire),
    "token lost in mid-form": (RESIDENT, False, 403, lose_the_token),
    "wrong password": ("", False, 401, wrong_password),
    "refusal without reason": (OFFICER, True, 422, refuse_without_reason),
    "explanation without words": (OFFICER, True, 422, explain_without_words),
    "alerts of the worst kind": (SUPERVISOR, True, 0, go("/desk/supervision/?level=red")),
    "no alerts like that": (SUPERVISOR, True, 0, go("/desk/supervision/?state=withdrawn")),
    "no such alert": (SUPERVISOR, True, 404, go("/desk/supervision/0199aaaa-0000-7000-8000-000000000000/")),
    "not for one who does not supervise": (OFFICER, True, 403, go("/desk/supervision/")),
    "a subject": (OFFICER, True, 0, see_a_subject),
    "nobody's number": (OFFICER, True, 422, look_up_nobody),
    "a record's history": (OFFICER, True, 0, see_the_history),
    "a correction of nothing": (OFFICER, True, 422, correct_nothing),
    "a disputed relation on the desk": (KEEPER, True, 0, see_a_subject),
    "a relation's history": (KEEPER, True, 0, see_relations),
    "a relation to correct": (KEEPER, True, 0, correct_a_relation),
    "a relation that ends before it begins": (KEEPER, True, 422, correct_a_relation_to_nothing),
    "a retraction without reason": (KEEPER, True, 422, retract_without_reason),
    "a relation doubted without words": (KEEPER, True, 422, doubt_a_relation_without_words),
    "own relation doubted without words": (RESIDENT, False, 422, doubt_own_relation_without_words),
    "no purpose chosen": (OFFICER, True, 0, choose_a_purpose),
    "own number uncovered": (RESIDENT, False, 0, uncover),
    "the log checked": ("aud.admin", True, 0, check_the_log),
    "the keys": (OFFICER, True, 0, open_the_keys),
    "somebody at the window": (WINDOW, True, 0, serve),
    "nobody agreed at the window": (WINDOW, True, 422, serve_without_consent),
    "a receipt from the window": (WINDOW, True, 0, enter_for_somebody),
    "a bundle's receipt from the window": (WINDOW, True, 0, enter_a_bundle_for_somebody),
    "a second factor begun": (CAREFUL, False, 0, begin_a_second_factor),
    "a second factor taken": (CAREFUL, False, 0, take_a_second_factor),
    "a wrong first code": (CAREFUL, False, 422, mistake_the_first_code),
    "a wrong code at the door": (CAREFUL, False, 401, give_a_wrong_code),
    "a passkey begun": (CAREFUL, False, 0, begin_a_passkey),
    "a passkey held": (CAREFUL, False, 0, look_at_a_passkey),
    "a passkey asked for": ("", False, 0, be_asked_for_a_passkey),
    "asked once more who it is": ("sec.admin", True, 403, be_asked_once_more),
    "consent needed": ("sec.admin", True, 403, need_consent),
    "consent asked for": ("sec.admin", True, 403, ask_for_consent),
    "somebody asks for consent": ("sys.admin", True, 0, be_asked_for_consent),
    "consent refused without a reason": ("sys.admin", True, 422, refuse_consent_without_a_reason),
    "an emergency without a reason": ("sys.admin", True, 422, ask_for_an_emergency_in_vain),
    "a case opened in an emergency": ("sys.admin", True, 0, have_opened_a_case),
    "a case read in an emergency": ("sys.admin", True, 0, read_in_an_emergency),
    "what was opened in emergencies": ("aud.admin", True, 0, see_what_was_opened),
    "a list looked at": ("sys.admin", True, 0, look_at_a_list),
    "a list with faults": ("sys.admin", True, 422, hand_in_a_list_with_faults),
    "a list of officers with faults": ("sys.admin", True, 422, hand_in_officers_with_faults),
    "an emergency to review": ("aud.admin", True, 0, be_about_to_review),
    "an emergency reviewed in vain": ("aud.admin", True, 422, review_without_a_finding),
    "rights to review": ("yan.hong", True, 0, review_rights),
    "a right ended without a reason": ("yan.hong", True, 422, end_a_right_without_a_reason),
    "a right kept": ("yan.hong", True, 0, keep_a_right),
    "reviews that one leads": ("yan.hong", True, 0, go("/desk/reviews/")),
    "how a review of rights goes": ("sec.admin", True, 0, see_how_a_review_goes),
    "a review of rights opened in vain": ("sec.admin", True, 422, open_a_review_in_vain),
    "rights of a post": ("zheng.guoliang", True, 0, go("/desk/rights/")),
    "a right asked for": ("zheng.guoliang", True, 0, ask_for_a_right),
    "a right asked for in vain": ("zheng.guoliang", True, 422, ask_for_a_right_in_vain),
    "reviews of rights": ("aud.admin", True, 0, go("/desk/reviews/")),
    "the report of a review of rights": ("aud.admin", True, 0, read_the_report_of_a_review),
    "the menu of the desk on a phone": (OFFICER, True, 0, open_the_menu),
    "nobody named in a mandate": (NEIGHBOUR, False, 422, offer_nothing),
    "a mandate for a stranger": (NEIGHBOUR, False, 422, offer_to_nobody),
    "a mandate offered": (NEIGHBOUR, False, 0, be_offered_a_mandate),
    "a mandate to take back": (NEIGHBOUR, False, 0, be_about_to_take_back),
    "acting for another": (AGENT, False, 0, act_for_another),
    "not as an agent": (AGENT, False, 403, act_for_another_where_one_cannot),
    "withdrawing": (RESIDENT, False, 0, open_the_withdrawal),
}


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
@pytest.mark.parametrize("state", STATES)
def test_a_state_is_without_fault(chromium: Any, site: Site, state: str, language: str) -> None:
    login, post, status, arrive = STATES[state]
    with visiting(chromium, site, login, post=post, language=language) as page:
        looker = Looker(page, language, expected=status)
        arrive(page, site)
        page.wait_for_load_state("load")
        faults = looker.faults(widths=(1440, 390))
        shoot(page, f"state-{state}", language)
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_the_page_of_a_defect_is_without_fault(chromium: Any, site: Site, language: str) -> None:
    from django.test import RequestFactory

    from yiwang.api.pages import server_error

    request = RequestFactory().get("/", headers={"Host": "127.0.0.1"})
    request.COOKIES["yiwang_language"] = language.lower()
    html = server_error(request).content.decode()
    with visiting(chromium, site, language=language) as page:
        looker = Looker(page, language, expected=500)
        page.route(
            "**/broken/", lambda route: route.fulfill(status=500, body=html, content_type="text/html; charset=utf-8")
        )
        page.goto(site.root + "/broken/")
        faults = looker.faults(widths=(1440, 390))
        assert not faults, "\n".join(faults)
