"""What a row of a plan's ledger asks for, verb by verb: a deterministic reading of its `must`.

The rule, in order. It rather finds one verb too many than one too few.

1. Remarks in brackets that name nothing (`(named only; …)`) are left out; other brackets stay whole in their clause.
2. Roles are verbs: `数源: … 验证: … 调用: …` gives one verb for each role that is given; `none named` is none.
3. The text is split into clauses at the ends of sentences, at `;` and at `:`. Up to three words that lead in to a colon
   and are no action (`software side:`) are no verb.
4. A clause that begins with an action (a word of ACTIONS) is split before every action after a comma, `and` or `or`.
5. A clause that begins with a list of short things (up to three words each, no preposition, no adjective) is split at
   its commas and at `and`, up to the first thing with a preposition: each is a verb (“application, review and issue”).
6. Any other clause is one verb.

A verb is called by its first words: as many as tell it from the row's other verbs, at least one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["ACTIONS", "Verb", "find_verb", "verbs_of"]

ACTIONS = frozenset(
    """
    accept access add admit advertise alert allocate analyse answer appeal apply appoint appraise approve archive
    arrange ask assess assign assist attach attend audit authenticate authorise automate back balance be bind book
    bring broadcast browse build buy calculate call cancel carry certify change charge check choose circulate cite
    claim classify clean close collaborate collect combine command comment communicate compare compile complain
    complete compute conduct configure confirm connect consolidate consult contribute control convert coordinate
    correct count cover create decide declare deepen define deliver deploy describe design detect determine develop
    digitise direct disclose discover discuss dispatch dispose distribute divide draft draw edit educate embed
    enable encrypt enforce enter establish estimate evacuate evaluate examine exchange execute extend extract fee
    file fill find fit fix follow forecast form forward free fulfil gather give govern grade grant guarantee guide
    hand handle help hold host identify imitate implement improve include increase inform informatise inspect
    install integrate interact interconnect interoperate intervene investigate invite issue join judge keep key
    launch lead learn lease lend let lift limit link list listen load locate lock log maintain make manage map mark
    match measure mediate meet merge mine modify monitor move name negotiate network notify number observe offer
    open operate order organise pass pay perform pilot place plan position predict prepare present preserve prevent
    print process produce promote propose protect prove provide publish pull punish push put query quote raise rate
    re-engineer reach read receive recognise recommend reconcile record recover reduce reform refund refuse register
    regulate rehearse reject release remind remove rename renew rent repair repay replace reply report request
    rescue respond restrict retire return reuse review revise revoke roll route run safeguard save schedule score
    search secure see select sell send separate serve set settle share shorten show sign simplify simulate solve
    sort speed spread standardise start state steer stop store streamline strengthen study submit subscribe suggest
    summarise supervise supply support survey suspend tailor take target teach tell tender test touch trace track
    trade train transact transfer transmit treat trigger turn unify update upgrade urge use value verify view
    visualise vote warn watch widen withdraw work write
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
MANNER = frozenset({"actively", "also", "automatically", "dynamically", "finally", "jointly", "lawfully", "uniformly"})
PREPOSITIONS = frozenset(
    """
    about above across after against along among at before below between beyond by down during except for from in
    inside into of off on onto out over per since than through to toward towards under until up via with within
    without
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
ROLES = ("数源", "验证", "调用")

_EMPTY_REMARK = re.compile(r"\s*[(（](named only|none named)[^()（）]*[)）]", re.IGNORECASE)
_ROLE = re.compile(rf"((?:{'|'.join(ROLES)})(?:\s*(?:/|and|和|、)\s*(?:{'|'.join(ROLES)}))*)\s*[:：]\s*")
_NOTHING = re.compile(r"^none( named| is named)?\b", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"[\w-]+(able|al|ary|-based|ed|-free|ic|ive|-rent|ous|-time|-wide)|common|digital|open|secure|uniform"
)
_NO_ADJECTIVES = frozenset(
    """
    appraisal approval archive cable disposal feed library logic music need portal proposal removal renewal rental
    salary summary table topic traffic trial withdrawal
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_CLAUSE_END = re.compile(
    r"(?<=[\w)）%'’\"”])(?:\.\s+(?=[A-Z0-9“\"'(\u4e00-\u9fff])|\.$|[;；。]\s*|[:：](?=\s|$|[\u4e00-\u9fff])\s*)"
)
_JOINT = re.compile(r"(?:,(?!\d)|，|、)\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+")
_BRACKET = re.compile(r"[(（][^()（）]*[)）]")
_WORD = re.compile(r"[\w'’%-]+")


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that a row asks for.  name: how rehearsals call it.  clause: the words it comes from."""

    name: str
    clause: str


def verbs_of(must: str) -> list[Verb]:
    """The verbs of a row, in the order of its text."""
    parts = list(dict.fromkeys(part for part in _parts(_EMPTY_REMARK.sub("", must)) if _WORD.search(part)))
    return [Verb(_name(part, parts), part) for part in parts]


def find_verb(named: str, verbs: Sequence[Verb]) -> Verb | None:
    """The verb that `named` means: the one of this name, else the only one whose clause begins with these words."""
    wanted = _key(named)
    if exact := [verb for verb in verbs if _key(verb.name) == wanted or _key(verb.clause) == wanted]:
        return exact[0]
    starts = [verb for verb in verbs if wanted and f"{_key(verb.clause)} ".startswith(f"{wanted} ")]
    return starts[0] if len(starts) == 1 else None


def _parts(must: str) -> Iterator[str]:
    pieces = _ROLE.split(must)
    yield from _plain_parts(pieces[0])
    for roles, said in zip(pieces[1::2], pieces[2::2], strict=True):
        first, *further = [clause for clause in _clauses(said) if clause] or [""]
        if not _NOTHING.match(first):
            for role in ROLES:
                if role in roles:
                    yield f"{role} {first}".strip()
        for clause in further:
            yield from _split(clause)


def _plain_parts(text: str) -> Iterator[str]:
    for clause in _clauses(text):
        yield from _split(clause)


def _clauses(text: str) -> Iterator[str]:
    """Sentences and their parts, with brackets kept whole and without what only leads in to a colon."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group())
        return f"\x00{len(held) - 1}\x01)"

    covered = _BRACKET.sub(hold, text)
    begin = 0
    for end in [*_CLAUSE_END.finditer(covered), None]:
        clause = covered[begin : end.start() if end else None]
        begin = end.end() if end else begin
        whole = re.sub(r"\x00(\d+)\x01\)", lambda match: held[int(match.group(1))], clause).strip(" .,")
        leads_in = end is not None and end.group().strip() in {":", "："} and len(_WORD.findall(whole)) <= 3
        if whole and not (leads_in and not _is_action(whole)):
            yield whole


def _split(clause: str) -> Iterator[str]:
    joints = [joint for joint in _JOINT.finditer(clause) if not _in_brackets(clause, joint.start())]
    if _is_list(clause, joints):
        tails = [number for number, joint in enumerate(joints) if _has_preposition(clause, joints, number)]
        cuts = joints[: tails[0] + 1] if tails else joints
    elif _is_action(clause):
        cuts = [joint for joint in joints if _is_action(clause[joint.end() :])]
    else:
        cuts = []
    begin = 0
    for cut in cuts:
        yield clause[begin : cut.start()].strip()
        begin = cut.end()
    yield clause[begin:].strip()


def _is_action(text: str) -> bool:
    words = [word.group().lower() for word in _WORD.finditer(text)]
    while words and words[0] in MANNER:
        words = words[1:]
    return bool(words) and words[0] in ACTIONS


def _is_list(clause: str, joints: Sequence[re.Match[str]]) -> bool:
    """Whether a clause begins with two short things, one after the other, and not with actions or adjectives."""
    begin = 0
    for number, joint in enumerate(joints[:2]):
        thing = _BRACKET.sub("", clause[begin : joint.start()])
        words = _WORD.findall(thing.lower())
        if not 1 <= len(words) <= 3 or PREPOSITIONS.intersection(words):
            return False
        if number == 0 and (
            _is_adjective(words) or (_is_action(thing) and (len(words) > 1 or _is_action(clause[joint.end() :])))
        ):
            return False
        begin = joint.end()
    return len(joints) >= 2


def _has_preposition(clause: str, joints: Sequence[re.Match[str]], number: int) -> bool:
    """Whether the thing after a joint has a preposition in it, so that what follows belongs to it."""
    end = joints[number + 1].start() if number + 1 < len(joints) else None
    return bool(PREPOSITIONS.intersection(_WORD.findall(clause[joints[number].end() : end].lower())))


def _is_adjective(words: Sequence[str]) -> bool:
    return len(words) == 1 and words[0] not in _NO_ADJECTIVES and _ADJECTIVE.fullmatch(words[0]) is not None


def _in_brackets(text: str, position: int) -> bool:
    before = text[:position]
    return before.count("(") + before.count("（") > before.count(")") + before.count("）")


def _key(text: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(text))


def _name(part: str, parts: Sequence[str]) -> str:
    words = _key(part).split()
    others = [_key(other).split() for other in parts if other is not part]
    for count in range(1, len(words)):
        if all(other[:count] != words[:count] for other in others):
            return " ".join(words[:count])
    return " ".join(words)
