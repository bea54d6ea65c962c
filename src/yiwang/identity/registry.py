"""What higher floors register here: which actions are administration and whose, what each is in words, what needs a unit or a post,
and what they keep for units, which goes where a reorganisation sends it.

The three administrators may do administration and nothing else; nobody but them may do it. So an action is either in this
table, and can be granted to the administrators that it names alone, or it is the city's business, and then no administrator
can be granted it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from yiwang.acts.registry import all_services
from yiwang.acts.values import Actor
from yiwang.identity.values import Administrator, Moved, Moving, Remark
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.errors import FieldFault, msgid

__all__ = [
    "Kept",
    "KeptRows",
    "action_words",
    "consented_actions",
    "dangerous_actions",
    "emergencies",
    "administrative_actions",
    "among",
    "claims_of_officers",
    "describe_actions",
    "Opened",
    "Principals",
    "kept",
    "known_actions",
    "mandated_actions",
    "matters_for",
    "name_for_library",
    "names_of_libraries",
    "needs_of",
    "principals",
    "register_administrative_action",
    "register_consented_actions",
    "register_claims",
    "register_dangerous_actions",
    "register_emergency",
    "register_kept",
    "register_mandated_actions",
    "register_need",
    "register_placed",
    "register_remarks",
    "remarks_on",
    "set_calendar",
    "set_matters",
    "set_principals",
    "working_days",
    "tell_placed",
]

Needed = Literal["unit", "post"]
Need = Callable[[UUID], Iterable[FieldFault]]

administrative_actions: dict[str, frozenset[Administrator]] = {}
"""Action → the administrators to whom alone it may be granted."""


def register_administrative_action(action: str, *administrators: Administrator) -> None:
    """Reserve an action to these administrators. Called in `AppConfig.ready`, for one action never with two answers."""
    answer = frozenset(administrators)
    if administrative_actions.setdefault(action, answer) != answer:
        raise ValueError(f"The action {action} is already reserved to {sorted(administrative_actions[action])}.")


dangerous_actions: set[str] = set()
"""What only who proved himself a short while ago may do: it gives away rights or takes them, for many or for good."""


def register_dangerous_actions(*actions: str) -> None:
    """Let these be done only soon after a proof. Called in `AppConfig.ready` of the engine whose actions they are."""
    dangerous_actions.update(actions)


consented_actions: set[str] = set()
"""What may need the consent of another administrator: their services end with `consents.require_consent`."""


def register_consented_actions(*actions: str) -> None:
    """Let consent be asked for these."""
    consented_actions.update(actions)


action_words: dict[str, str] = {}
"""Action → what it is in words for people, a gettext msgid."""

names_of_libraries: dict[str, str] = {}
"""What a library calls a right → our action."""


def name_for_library(name: str, action: str) -> None:
    """Let a library that asks an account for the right `name` be answered for `action`. Called in `AppConfig.ready`."""
    if names_of_libraries.setdefault(name, action) != action:
        raise ValueError(f"The right {name} already stands for {names_of_libraries[name]}.")


_needs: dict[Needed, list[Need]] = {"unit": [], "post": []}


def describe_actions(words: Mapping[str, str]) -> None:
    """Say what actions are in words (msgids). Called in `AppConfig.ready` of the engine whose actions they are.

    This is also where an engine says which actions it asks about without a service that does them, such as reading (`known_actions`).
    """
    for action, said in words.items():
        if action_words.setdefault(action, said) != said:
            raise ValueError(f"The action {action} is described already.")


def known_actions() -> frozenset[str]:
    """Every action that something asks about: those of services, and those that engines have described.

    Whole when the services of all engines have been imported, as everything has that reads packs.
    """
    return frozenset(all_services()) | frozenset(action_words)


def register_need(of: Needed, ask: Need) -> None:
    """Let an engine say why a unit or a post cannot be closed: `ask(id)` gives every reason, none when nothing there needs it.

    Called in `AppConfig.ready`; asked within the transaction that closes, after its row was locked.
    """
    if ask not in _needs[of]:
        _needs[of].append(ask)


def needs_of(of: Needed, id: UUID) -> list[FieldFault]:
    """Every reason of every engine."""
    return [fault for ask in _needs[of] for fault in ask(id)]


class Kept(ABC):
    """One kind of thing that an engine keeps for units, and that goes where a reorganisation sends it.

    kind: its name in the table of moves.  title: msgid, what these things are, in the plural.  is_structure: whoever confirms a preview
    has decided about these very things: if they are others by then he is told. What flows, such as tasks, may have become more or fewer.
    why_not_back: msgid, why one stays when the reorganisation is undone.  order: cases first, then what their steps lock, for who moves
    many locks them as who moves one does.

    What moves and what is counted are one: `rows`. Everything is set-wise: statements do not grow with rows.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    order: ClassVar[int]
    is_structure: ClassVar[bool] = False
    why_not_back: ClassVar[str] = msgid("It was done, ended or given to somebody else since.")

    @abstractmethod
    def rows(self, moving: Moving) -> QuerySet[Any]:
        """What goes, in the order of its ids."""

    @abstractmethod
    def move(self, moving: Moving) -> list[Moved]:
        """Let it go, and say what went from whom. Within the act, whose locks on units are held."""

    @abstractmethod
    def standing(self, moved: Sequence[Moved], to: UUID) -> set[UUID]:
        """Of what went, the ids of what is still as it went, and can go back."""

    @abstractmethod
    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands, to whom each had it."""

    @abstractmethod
    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called, for examples."""

    def ids(self, moving: Moving, most: int | None = None) -> list[UUID]:
        """The ids, as the table of moves names them, of the first `most`."""
        return list(self.rows(moving).order_by("pk").values_list("pk", flat=True)[:most])

    def marks(self, moving: Moving) -> list[object]:
        """What of structure must be as it was when somebody looked: by default, that it is the same things."""
        return list(self.ids(moving))


class KeptRows(Kept):
    """Rows of one table that name their unit in a column: what nearly every engine keeps.

    model: the table.  column: of the unit.  stands: whether a row that went can go back.
    """

    model: ClassVar[Any]
    column: ClassVar[str] = "unit_id"
    stands: ClassVar[Q] = Q()

    def move(self, moving: Moving) -> list[Moved]:
        """Lock them in the order of their ids, and write the other unit."""
        rows = self.rows(moving)
        found = rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", self.column)
        moved = [Moved(id, source) for id, source in found]
        if moved:
            among(self.model, moved).update(**{self.column: moving.to})
        return moved

    def standing(self, moved: Sequence[Moved], to: UUID) -> set[UUID]:
        """What is still as it went."""
        rows = among(self.model, moved).filter(self.stands, **{self.column: to})
        return set(rows.values_list("pk", flat=True))

    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands."""
        for source in {one.source for one in moved}:  # one statement a unit that gave
            among(self.model, [one for one in moved if one.source == source]).update(**{self.column: source})


def among(model: Any, moved: Sequence[Moved], field: str = "pk") -> QuerySet[Any]:
    """The rows of a table whose `field` is among what moved: as one array, however many they are."""
    ids = RawSQL("SELECT unnest(%s::uuid[])", [[one.object_id for one in moved]])
    rows: QuerySet[Any] = model.objects.filter(**{f"{field}__in": ids})
    return rows


_kept: dict[str, Kept] = {}
_remarks: list[Callable[[Moving], Iterable[Remark]]] = []


def register_kept(*given: Kept) -> None:
    """Let a reorganisation move what an engine keeps for units. Called in `AppConfig.ready`."""
    for one in given:
        if type(_kept.setdefault(one.kind, one)) is not type(one):
            raise ValueError(f"Another engine moves {one.kind} already.")


def kept() -> tuple[Kept, ...]:
    """Everything that moves, in the order in which it is locked."""
    return tuple(sorted(_kept.values(), key=lambda one: one.order))


def register_remarks(ask: Callable[[Moving], Iterable[Remark]]) -> None:
    """Let an engine say what stands against a plan, or what it leaves behind. Called in `AppConfig.ready`."""
    if ask not in _remarks:
        _remarks.append(ask)


def remarks_on(moving: Moving) -> list[Remark]:
    """What every engine has to say."""
    return [remark for ask in _remarks for remark in ask(moving)]


_placed: list[Callable[[Collection[UUID]], None]] = []


def register_placed(hear: Callable[[Collection[UUID]], None]) -> None:
    """Let an engine follow where units stand: called with those that have another division or stand below others, in the same act.

    Called in `AppConfig.ready`.
    """
    if hear not in _placed:
        _placed.append(hear)


def tell_placed(unit_ids: Collection[UUID]) -> None:
    """Tell every engine that these units stand elsewhere."""
    for hear in _placed:
        hear(unit_ids)


_claims: list[Callable[[UUID | None], Mapping[str, object]]] = []


def register_claims(ask: Callable[[UUID | None], Mapping[str, object]]) -> None:
    """Let an engine add to what connected systems of officers hear of one, by the person behind the account (scope `profile`).

    Called in `AppConfig.ready`.
    """
    if ask not in _claims:
        _claims.append(ask)


def claims_of_officers() -> tuple[Callable[[UUID | None], Mapping[str, object]], ...]:
    """What every engine adds."""
    return tuple(_claims)


# ── Mandates ────────────────────────────────────────────────────────────────────────────────────────────────────────────

mandated_actions: set[str] = set()
"""What an agent may do under a mandate, in the items that it covers. Everything else he does as himself or not at all."""


def register_mandated_actions(*actions: str) -> None:
    """Let agents do these. Called in `AppConfig.ready` of the engine whose actions they are; it sees to the items."""
    mandated_actions.update(actions)


class Principals(Protocol):
    """What registers say of those for whom others act. Answered by the engine that keeps records."""

    def represents(self, person_id: UUID, subject_id: UUID) -> bool:
        """Whether a register says today that this person represents the subject."""

    def represented(self, person_id: UUID) -> Sequence[UUID]:
        """The subjects that he represents today."""

    def called(self, subject_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What people and organisations are called; who is in no register is left out. Asked within what a mandate gives to know."""


Matters = Callable[[str], Mapping[str, str | Mapping[str, str]]]
_principals: list[Principals] = []
_matters: list[Matters] = []


def set_principals(answers: Principals) -> None:
    """Let an engine answer. Called in `AppConfig.ready`, once."""
    _principals[:] = [answers]


def principals() -> Principals:
    """Who answers. Raises LookupError where no engine does."""
    if not _principals:
        raise LookupError("No engine says who represents whom.")
    return _principals[0]


def set_matters(ask: Matters) -> None:
    """Let an engine say what an agent can be asked to do: kind of the principal → item → its title. Called in `AppConfig.ready`."""
    _matters[:] = [ask]


def matters_for(kind: str) -> Mapping[str, str | Mapping[str, str]]:
    """The items that an agent can be asked to do for a principal of this kind, with their titles in every language."""
    return _matters[0](kind) if _matters else {}


# ── Working days ────────────────────────────────────────────────────────────────────────────────────────────────────────

_calendar: list[Callable[[], WorkingCalendar]] = []


def set_calendar(ask: Callable[[], WorkingCalendar]) -> None:
    """Let an engine say which days are worked in the city. Called in `AppConfig.ready`, once."""
    _calendar[:] = [ask]


def working_days() -> WorkingCalendar:
    """The working days of the city. Raises LookupError where no engine says them."""
    if not _calendar:
        raise LookupError("No engine says which days are worked.")
    return _calendar[0]()


# ── Emergency access ────────────────────────────────────────────────────────────────────────────────────────────────────


class Opened(ABC):
    """What the system or the security administrator may open in an emergency. Answered by the engine that keeps it.

    title: msgid, what one of these is.
    """

    title: ClassVar[str]

    @abstractmethod
    def find(self, actor: Actor, reference: str) -> UUID | None:
        """The one with this number. Raises NotAllowed for who stands too near to it."""

    @abstractmethod
    def concerned(self, object_id: UUID) -> Sequence[UUID]:
        """The subjects who are told that it was read."""


_emergencies: dict[str, Opened] = {}


def register_emergency(kind: str, opened: Opened) -> None:
    """Let a kind of thing be opened in an emergency. Called in `AppConfig.ready` of the engine that keeps it and shows it."""
    if type(_emergencies.setdefault(kind, opened)) is not type(opened):
        raise ValueError(f"Another engine opens {kind} already.")


def emergencies() -> Mapping[str, Opened]:
    """Every kind."""
    return _emergencies


register_administrative_action("account.open", Administrator.SYSTEM)
register_administrative_action("account.close", Administrator.SYSTEM)
register_administrative_action("account.give-start-password", Administrator.SYSTEM)
register_administrative_action("unit.open", Administrator.SYSTEM)
register_administrative_action("unit.move", Administrator.SYSTEM)
register_administrative_action("unit.rename", Administrator.SYSTEM)
register_administrative_action("unit.close", Administrator.SYSTEM)
register_administrative_action("unit.reopen", Administrator.SYSTEM)
register_administrative_action("unit.set-headcount", Administrator.SYSTEM)
register_administrative_action("organisation.reorganise", Administrator.SYSTEM)
register_administrative_action("organisation.undo", Administrator.SYSTEM)
register_administrative_action("post.open", Administrator.SYSTEM)
register_administrative_action("post.reopen", Administrator.SYSTEM)
register_administrative_action("post.close", Administrator.SYSTEM)
register_administrative_action("post.change-duties", Administrator.SECURITY)
register_administrative_action("assignment.assign", Administrator.SECURITY)
register_administrative_action("assignment.end", Administrator.SECURITY)
register_administrative_action("assignment.place", Administrator.SECURITY)
register_administrative_action("account.reset-second-factor", Administrator.SECURITY)
register_administrative_action("officer.list", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("audit.read", Administrator.AUDIT)
register_administrative_action("consent.ask", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("consent.give", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("consent.refuse", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("consent.withdraw", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("consent.read", *Administrator)
register_administrative_action("emergency.open", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("emergency.look", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("emergency.end", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("emergency.review", Administrator.AUDIT)
register_administrative_action("emergency.read", *Administrator)
register_administrative_action("review.open", Administrator.SECURITY)
register_administrative_action("review.close", Administrator.SECURITY)
register_administrative_action("review.answer-last", Administrator.SECURITY)
register_administrative_action("review.read", Administrator.SECURITY, Administrator.AUDIT)
register_administrative_action("client.list", Administrator.SYSTEM)
register_administrative_action("client.connect", Administrator.SYSTEM)
register_administrative_action("client.renew-secret", Administrator.SYSTEM)
register_administrative_action("client.close", Administrator.SYSTEM)
register_administrative_action("token-key.renew", Administrator.SYSTEM)
register_administrative_action("provider.list", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("provider.connect", Administrator.SYSTEM)
register_administrative_action("provider.change", Administrator.SYSTEM)
register_administrative_action("provider.open", Administrator.SYSTEM)
register_administrative_action("provider.shut", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("authority.list", Administrator.SYSTEM, Administrator.SECURITY)
for _action in ("authority.add", "authority.change", "authority.open", "authority.bring-list"):
    register_administrative_action(_action, Administrator.SYSTEM)
register_administrative_action("authority.shut", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("login-certificate.end", Administrator.SECURITY)
register_administrative_action("outside-link.break", Administrator.SECURITY)
register_administrative_action("account.reopen", Administrator.SYSTEM)
register_administrative_action("post.mark-leading", Administrator.SYSTEM)
for _action in ("list.look-at", "list.take-in"):
    register_administrative_action(_action, Administrator.SYSTEM, Administrator.SECURITY)
for _action in ("keeper.list", "keeper.connect", "keeper.give-token", "keeper.revoke-token", "keeper.close"):
    register_administrative_action(_action, Administrator.SYSTEM, Administrator.SECURITY)
for _action in ("receiver.list", "receiver.connect", "receiver.renew-token", "receiver.reconcile", "receiver.close"):
    register_administrative_action(_action, Administrator.SYSTEM)
for _action in ("keeper.read", "keeper.open-account", "keeper.change-account", "keeper.let-account-go", "keeper.seat"):
    register_administrative_action(_action)  # of no post: what keepers do in their own name (`rules.keepers`)

register_dangerous_actions(
    *("account.close", "account.give-start-password", "account.reset-second-factor"),
    *("assignment.assign", "post.change-duties", "duty-request.grant"),
    *("organisation.reorganise", "organisation.undo", "consent.give", "emergency.open", "review.open"),
    *("client.connect", "client.renew-secret", "client.close", "token-key.renew"),
    *("provider.connect", "provider.change", "provider.open"),
    *("authority.add", "authority.change", "authority.open", "login-certificate.end", "outside-link.break"),
)
register_consented_actions(
    *("assignment.assign", "assignment.end", "post.change-duties"),
    *(
        "organisation.reorganise",
        "organisation.undo",
        "emergency.open",
        "provider.open",
        "authority.open",
        "review.open",
    ),
    *("keeper.connect", "keeper.give-token"),
    *("receiver.connect", "receiver.renew-token"),
)
describe_actions(
    {
        "account.open": msgid("Open accounts"),
        "account.close": msgid("Close accounts"),
        "account.reopen": msgid("Open closed accounts again"),
        "account.give-start-password": msgid("Give officers a start password"),
        "account.reset-second-factor": msgid("Take a lost second factor away"),
        "unit.open": msgid("Open units"),
        "unit.rename": msgid("Rename units"),
        "unit.move": msgid("Move units below others"),
        "unit.close": msgid("Close units"),
        "unit.reopen": msgid("Open closed units again"),
        "unit.set-headcount": msgid("Set how many places units have"),
        "organisation.reorganise": msgid("Merge, split and abolish units"),
        "organisation.undo": msgid("Undo reorganisations"),
        "post.open": msgid("Open posts"),
        "post.reopen": msgid("Open closed posts again"),
        "post.close": msgid("Close posts"),
        "post.mark-leading": msgid("Say which posts are leading ones"),
        "post.change-duties": msgid("Change what posts are there to do"),
        "duty-request.grant": msgid("Grant posts rights on application"),
        "duty-request.refuse": msgid("Refuse applications for rights"),
        "assignment.assign": msgid("Assign posts to officers"),
        "assignment.end": msgid("End assignments"),
        "assignment.place": msgid("Say which kind of place officers fill"),
        "officer.list": msgid("See officers and their posts"),
        "list.look-at": msgid("See what would come of a list of units, posts or officers"),
        "list.take-in": msgid("Take in a list of units, posts or officers"),
        "consent.ask": msgid("Ask another administrator for consent"),
        "consent.give": msgid("Consent to what another administrator asks"),
        "consent.refuse": msgid("Refuse consent"),
        "consent.withdraw": msgid("Withdraw one's own request for consent"),
        "consent.read": msgid("See what waits for consent"),
        "emergency.open": msgid("Open something in an emergency"),
        "emergency.look": msgid("Read what was opened in an emergency"),
        "emergency.end": msgid("End emergency access"),
        "emergency.review": msgid("Review emergency access"),
        "emergency.read": msgid("See who had emergency access, and why"),
        "review.open": msgid("Have rights reviewed"),
        "review.close": msgid("Close reviews of rights early"),
        "review.answer": msgid("Review the rights of the officers whom one leads"),
        "review.answer-last": msgid("Review rights for which nobody else answers"),
        "review.read": msgid("See reviews of rights and what came of them"),
        "audit.read": msgid("Read and verify the audit log"),
        "client.list": msgid("See the connected systems"),
        "client.connect": msgid("Connect systems that sign people in here"),
        "client.renew-secret": msgid("Give connected systems a new secret"),
        "client.close": msgid("Disconnect systems"),
        "provider.list": msgid("See the outside identity providers"),
        "provider.connect": msgid("Connect outside identity providers"),
        "provider.change": msgid("Change how providers are connected"),
        "provider.open": msgid("Let people sign in through an outside provider"),
        "provider.shut": msgid("Let nobody sign in through a provider any more"),
        "authority.list": msgid("See the certificate authorities"),
        "authority.add": msgid("Add certificate authorities"),
        "authority.change": msgid("Change how certificate authorities are declared"),
        "authority.open": msgid("Let people sign in by certificates of an authority"),
        "authority.bring-list": msgid("Bring in lists of revoked certificates"),
        "authority.shut": msgid("Let nobody sign in by certificates of an authority any more"),
        "login-certificate.end": msgid("End certificates whose keys were lost"),
        "outside-link.break": msgid("End that a provider knows somebody"),
        "token-key.renew": msgid("Make new keys for signing in to connected systems"),
        "receiver.list": msgid("See the systems to which accounts are supplied"),
        "receiver.connect": msgid("Supply officers' accounts to another system"),
        "receiver.renew-token": msgid("Enter another token of a system to which accounts are supplied"),
        "receiver.reconcile": msgid("Tell a system again of all its accounts"),
        "receiver.close": msgid("Supply accounts to a system no more"),
        "keeper.list": msgid("See the systems that keep officers here"),
        "keeper.connect": msgid("Let another system keep officers here"),
        "keeper.give-token": msgid("Give a system that keeps officers a token"),
        "keeper.revoke-token": msgid("Take a token back"),
        "keeper.close": msgid("Let a system keep officers no more"),
    }
)
