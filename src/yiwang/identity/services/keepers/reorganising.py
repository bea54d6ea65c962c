"""What of the systems that keep officers goes with units that are merged, split or abolished."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.identity.models.keepers import Keeper, KeeperUnit, KeptAccount
from yiwang.identity.models.receivers import Receiver
from yiwang.identity.registry import KeptRows
from yiwang.identity.values import Moving, Remark
from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["Keepers", "KeptOfficers", "Receivers", "keepers_that_lose_units"]


class Keepers(KeptRows):
    """Whose systems they are. Of a split they stay: which one goes is nobody's guess."""

    kind = "keeper"
    title = msgid("Systems that keep officers")
    order = 76
    why_not_back = msgid("It was closed or moved elsewhere since.")
    model = Keeper
    stands = Q(closed_at__isnull=True)

    def rows(self, moving: Moving) -> QuerySet[Keeper]:
        """What goes."""
        rows = Keeper.objects.filter(self.stands, unit_id__in=moving.sources)
        return rows if moving.whole else rows.none()

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Keeper.objects.filter(id__in=ids).values_list("id", "title"))


class Receivers(KeptRows):
    """Whose systems they are to which accounts are supplied. Of a split they stay."""

    kind = "receiver"
    title = msgid("Systems to which accounts are supplied")
    order = 78
    why_not_back = msgid("It was closed or moved elsewhere since.")
    model = Receiver
    stands = Q(closed_at__isnull=True)

    def rows(self, moving: Moving) -> QuerySet[Receiver]:
        """What goes."""
        rows = Receiver.objects.filter(self.stands, unit_id__in=moving.sources)
        return rows if moving.whole else rows.none()

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Receiver.objects.filter(id__in=ids).values_list("id", "title"))


class KeptOfficers(KeptRows):
    """Under which unit officers are kept. Of a split they stay, until their keeper says otherwise."""

    kind = "kept-account"
    title = msgid("Officers whom another system keeps")
    order = 77
    why_not_back = msgid("The system that keeps him has moved him since.")
    model = KeptAccount

    def rows(self, moving: Moving) -> QuerySet[KeptAccount]:
        """What goes."""
        rows = KeptAccount.objects.filter(unit_id__in=moving.sources)
        return rows if moving.whole else rows.none()

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(KeptAccount.objects.filter(id__in=ids).values_list("id", "account__login"))


def keepers_that_lose_units(moving: Moving) -> Iterator[Remark]:
    """A system does not become the source for the unit that takes over: that one may have another, or none. Somebody has to decide."""
    if not moving.whole:
        return
    lost = KeeperUnit.objects.filter(unit_id__in=moving.sources, keeper__closed_at=None).select_related(
        "keeper", "unit"
    )
    message = msgid("{keeper} is the source for {unit}, and will not be so for the unit that takes over.")
    for one in lost.order_by("keeper__title", "unit__code"):
        said = {"keeper": one.keeper.title, "unit": one.unit.title}
        yield Remark(FieldFault("", "keeper-loses-unit", message, said), stops=False)
