"""What posts can be granted is what something asks about: `yiwang check` refuses a grant of anything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from asked_actions import asked_for
from support.services import import_all_services

from yiwang.acts.registry import all_services
from yiwang.identity.registry import action_words, administrative_actions, known_actions


def test_an_engine_describes_every_action_about_which_its_queries_ask() -> None:
    import_all_services()
    assert len(asked_for()) > 50
    assert asked_for() - known_actions() - administrative_actions.keys() == set()


def test_an_engine_describes_no_action_about_which_nothing_asks() -> None:
    import_all_services()
    assert set(action_words) - set(all_services()) - asked_for() == set()


def test_what_checks_packs_has_imported_the_services_of_every_engine(tmp_path: Path) -> None:
    tell = """
from yiwang.cli.frame import with_django
from yiwang.launch.configuration import load
with_django(load(), lasting=False)
from yiwang.packs import services
from yiwang.acts.registry import all_services
print(*all_services())
"""
    run = subprocess.run([sys.executable, "-c", tell], capture_output=True, check=True, cwd=tmp_path, text=True)
    import_all_services()
    ours = {action for action, info in all_services().items() if info.function.__module__.startswith("yiwang.")}
    assert set(run.stdout.split()) == ours
