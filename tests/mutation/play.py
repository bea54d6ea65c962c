"""Plays a pack's stories against its mutants, in a city of their own: `play.py DATA_FOLDER PACK [MUTANT STORY …]`.

Prints one line of JSON for each mutant: `{"mutant", "by", "said"}`; `by` is the story that did not go as told, `check` when `yiwang check`
refuses the mutant, empty when it survives. Without mutants all of them, against every story until one fails; the pack itself first.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from mutants import Mutant, mutants_of, write_mutant

PACKS = Path(__file__).resolve().parents[2] / "packs"
UNCHANGED = Mutant("the pack itself", {})


def main(folder: Path, pack: str, wanted: Sequence[tuple[str, str]]) -> None:
    from yiwang.cli.frame import with_django
    from yiwang.launch.configuration import load
    from yiwang.launch.rehearsal import rehearsal_settings

    os.environ |= {"YIWANG_DATA_DIR": str(folder), "YIWANG_PACKS_DIRS": str(PACKS)}
    settings = with_django(rehearsal_settings(load()))
    from yiwang.packs.rehearsals.city import own_city

    mutants = {one.id: one for one in (UNCHANGED, *mutants_of(PACKS, pack))}
    chosen = list(wanted) or [(id, "") for id in mutants]
    with own_city(settings, lambda line: tell(sys.stderr, line)) as city:
        for id, story in chosen:
            by, said = try_out(city, mutants[id], pack, story, folder)
            tell(sys.stdout, json.dumps({"mutant": id, "by": by, "said": said}, ensure_ascii=False))


def tell(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def try_out(city: Any, mutant: Mutant, pack: str, story: str, folder: Path) -> tuple[str, str]:
    """The story that notices, and what it says."""
    from yiwang.packs.queries import read_city
    from yiwang.packs.rehearsals.http import ApiDriver, HttpDriver
    from yiwang.packs.rehearsals.player import Player
    from yiwang.packs.rehearsals.run import passwords

    copy = write_mutant(PACKS, mutant, folder / "mutant")
    reading = read_city([copy])
    if reading.faults:
        return "check", str(reading.faults[0])
    city.change_packs((copy,))
    stories = [one for one in reading.city.of_kind("rehearsal").values() if one.pack == pack and story in ("", one.id)]
    for one in sorted(stories, key=lambda one: len(one.body.steps)):
        city.renew()
        player = Player(
            city,
            lambda face, language: (ApiDriver if face == "api" else HttpDriver)(city.root, face, language),
            passwords=passwords(reading),
            pictures=folder / "pictures",
        )
        played = player.play(one.pack, one.body, "http")
        if not played.ok:
            last = played.steps[-1]
            return one.id, f"{last.number} {last.sentence}: {last.said}"
    return "", ""


if __name__ == "__main__":
    words = sys.argv[3:]
    main(Path(sys.argv[1]), sys.argv[2], list(zip(words[::2], words[1::2], strict=True)))
