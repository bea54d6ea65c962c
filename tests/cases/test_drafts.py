"""A form that somebody has begun: kept for him alone, sealed, for thirty days, and gone when it is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from yiwang.acts.values import VISITOR
from yiwang.cases import queries, services
from yiwang.cases.models import Draft
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.time import now

from .conftest import ITEM, People, send

pytestmark = pytest.mark.engine
TYPED = {"residence.phone": ["13800000000"], "residence.address.detail": ["海港路 8 号"]}


def test_what_somebody_typed_is_there_again_for_him_and_for_nobody_else(people: People) -> None:
    services.save_draft(people.lin, ITEM, TYPED)
    kept = queries.draft(people.lin, ITEM)
    assert kept is not None
    assert {name: list(values) for name, values in kept.values.items()} == TYPED
    assert [one.item_id for one in queries.my_drafts(people.lin)] == [ITEM]
    assert queries.draft(people.chen, ITEM) is None
    assert queries.my_drafts(people.wu) == []


def test_saving_again_replaces_what_was_kept_and_discarding_twice_changes_nothing(people: People) -> None:
    services.save_draft(people.lin, ITEM, TYPED)
    services.save_draft(people.lin, ITEM, {"residence.phone": ["13900000000"]})
    assert Draft.objects.count() == 1
    [kept] = queries.my_drafts(people.lin)
    assert dict(kept.values) == {"residence.phone": ("13900000000",)}
    for _ in range(2):
        services.discard_draft(people.lin, ITEM)
        assert queries.my_drafts(people.lin) == []


def test_only_answers_to_the_form_are_kept_and_nothing_of_them_can_be_read_in_the_row_or_the_audit(
    people: People,
) -> None:
    services.save_draft(people.lin, ITEM, {**TYPED, "csrfmiddlewaretoken": ["x"], "password": ["secret"]})
    [kept] = queries.my_drafts(people.lin)
    assert set(kept.values) == set(TYPED)
    stored = bytes(Draft.objects.get().values)
    assert b"13800000000" not in stored
    assert "海港路".encode() not in stored


def test_a_sealed_draft_that_is_moved_to_another_account_opens_no_more(people: People) -> None:
    services.save_draft(people.lin, ITEM, TYPED)
    Draft.objects.update(account_id=people.chen.account_id)
    assert queries.draft(people.chen, ITEM) is None


def test_sending_the_form_ends_the_draft_in_the_same_step(people: People) -> None:
    services.save_draft(people.lin, ITEM, TYPED)
    services.save_draft(people.chen, ITEM, TYPED)
    send(people.lin)
    assert queries.my_drafts(people.lin) == []
    assert len(queries.my_drafts(people.chen)) == 1


def test_a_draft_goes_thirty_days_after_it_was_last_saved(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = services.save_draft(people.lin, ITEM, TYPED)
    assert services.system_discard_old_drafts() == 0
    Draft.objects.update(expires_at=now() - timedelta(seconds=1))
    assert queries.draft(people.lin, ITEM) is None
    assert services.system_discard_old_drafts() == 1
    assert services.system_discard_old_drafts() == 0
    assert (kept.expires_on - kept.saved_at.date()).days in {30, 31}


def test_nobody_keeps_a_form_without_a_person_or_an_item_or_beyond_all_measure(people: People) -> None:
    with pytest.raises((NotSignedIn, NotAllowed)):
        services.save_draft(VISITOR, ITEM, TYPED)
    with pytest.raises(NotAllowed):
        services.save_draft(people.wu, ITEM, TYPED)
    with pytest.raises(NotFound):
        services.save_draft(people.lin, "nothing", TYPED)
    with pytest.raises(Invalid):
        services.save_draft(people.lin, ITEM, {"residence.phone": ["1" * 70_000]})
    assert Draft.objects.count() == 0


def test_saving_and_discarding_stand_in_the_audit_without_what_was_typed(people: People) -> None:
    from yiwang.audit.models import Entry

    services.save_draft(people.lin, ITEM, TYPED)
    services.discard_draft(people.lin, ITEM)
    found = list(Entry.objects.filter(action__startswith="draft.").order_by("id"))
    assert [one.action for one in found] == ["draft.save", "draft.discard"]
    assert "13800000000" not in str([one.details for one in found])
