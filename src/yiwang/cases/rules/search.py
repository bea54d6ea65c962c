"""How well a text answers what somebody typed: whole words first, then parts of words; two characters suffice for Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["TRIGRAM", "cut", "expanded", "grams", "normal", "score", "shared_pairs", "words_of"]

TRIGRAM = 3
"""From three characters on, a word is also looked for by its parts; a word of two must stand there as it is (its one pair)."""
ENOUGH = 0.5
"""The share of a word's parts that must stand in a text which has not got the word itself."""
MOST_WORDS = 8


def normal(text: str) -> str:
    """Lower case, full-width forms as plain ones, one blank for many."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def words_of(asked: str) -> list[str]:
    """What somebody typed, as words; at most eight."""
    return list(dict.fromkeys(normal(asked).split()))[:MOST_WORDS]


def grams(word: str, length: int) -> set[str]:
    """Every run of `length` characters; none of a shorter word."""
    return {word[n : n + length] for n in range(len(word) - length + 1)}


def expanded(word: str, groups: Iterable[Sequence[str]]) -> list[str]:
    """The word, then everything that means the same by `groups`: a group counts whose member it is, or holds, or is held in.

    A member of one character only counts when it is the word itself.
    """
    found = [word]
    for group in groups:
        members = [normal(one) for one in group]
        for member in members:
            if member == word:
                found += members
            elif len(member) > 1 and member in word:
                found += [word.replace(member, other) for other in members]
    return list(dict.fromkeys(found))


def cut(phrase: str, known: Iterable[str]) -> list[str]:
    """The known words that a phrase holds, in its order, the longest at each place, none within another; at most eight.

    For what nobody writes with blanks: “搬家了换地址” holds “搬家” and “换地址”. A Latin word is known whole or not at all.
    """
    words = {normal(one) for one in known}
    longest = max(map(len, words), default=0)
    found: list[str] = []
    for part in words_of(phrase):
        if part.isascii():
            found += [part] if part in words else []
            continue
        at = 0
        while at < len(part):
            word = next((part[at : at + n] for n in range(longest, 1, -1) if part[at : at + n] in words), "")
            found += [word] if word else []
            at += len(word) or 1
    return list(dict.fromkeys(found))[:MOST_WORDS]


def shared_pairs(phrase: str, fields: Sequence[tuple[str, float]]) -> float:
    """How well the fields (normal text, weight) share pairs of characters with a phrase; 0 when it is less than two pairs: one is chance.

    Latin letters make no pairs: every text shares some.
    """
    pairs = {pair for word in words_of(phrase) for pair in grams(word, 2) if not pair.isascii()}
    best = [max((weight for text, weight in fields if pair in text), default=0.0) for pair in pairs]
    return sum(best) if sum(one > 0 for one in best) > 1 else 0.0


def score(words: Sequence[Sequence[str]], fields: Sequence[tuple[str, float]]) -> float:
    """How well the fields (normal text, weight) answer all `words`, each with what means the same; 0: one of them is not there.

    A word that stands in a field as it is counts its weight; a longer one that does not, the share of its parts that do, when
    that is at least half.
    """
    total = 0.0
    for alternatives in words:
        best = 0.0
        for position, word in enumerate(alternatives):
            own = 1.0 if position == 0 else 0.9
            for text, weight in fields:
                best = max(best, own * weight * _fits(word, text))
        if best == 0.0:
            return 0.0
        total += best
    return total


def _fits(word: str, text: str) -> float:
    if word in text:
        return 1.5 if text.startswith(word) else 1.0
    if len(word) < TRIGRAM:
        return 0.0
    parts = grams(word, 2 if len(word) == TRIGRAM else TRIGRAM)
    share = sum(part in text for part in parts) / len(parts)
    return 0.6 * share if share >= ENOUGH else 0.0
