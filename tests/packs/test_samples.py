"""Invented data: loaded in order, once, with progress; half a file is no file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.packs import write_pack

from yiwang.kernel import samples
from yiwang.kernel.samples import SampleFile, register_sample
from yiwang.packs.queries import read_city
from yiwang.packs.services import demo_logins, load_samples
from yiwang.packs.values import RefusedCity

seen: list[str] = []


def remember(file: SampleFile) -> int:
    rows = list(file.rows())
    for number, row in enumerate(rows, 1):
        seen.append(f"{file.pack} {file.name} {row['what']}")
        file.progress(number, len(rows))
        if row["what"] == "break":
            raise ValueError("this row cannot be loaded")
    return len(rows)


@pytest.fixture(autouse=True)
def loaders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(samples, "_loaders", {})
    register_sample("later", remember, order=20)
    register_sample("sooner", remember, order=10)
    seen.clear()
    return


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    write_pack(tmp_path, "below", {"sample/later.csv": "what\n1\n", "sample/sooner.csv": "what\n2\n"})
    write_pack(tmp_path, "above", {"sample/sooner.csv": "what\n3\n4\n"}, depends_on=("below",))
    return tmp_path


@pytest.mark.django_db
def test_loaders_go_in_their_order_and_packs_after_those_they_need(packs: Path) -> None:
    said: list[str] = []
    run = load_samples([packs], say=said.append)
    assert seen == ["below sooner 2", "above sooner 3", "above sooner 4", "below later 1"]
    assert (run.files, run.rows, run.known) == (3, 4, 0)
    assert any("above/sample/sooner.csv: 2 rows" in line for line in said)


@pytest.mark.django_db
def test_a_second_run_loads_nothing_and_a_changed_file_is_loaded(packs: Path) -> None:
    load_samples([packs])
    seen.clear()
    assert load_samples([packs]).known == 3
    assert seen == []
    (packs / "above/sample/sooner.csv").write_text("what\n5\n")
    assert load_samples([packs]).files == 1
    assert seen == ["above sooner 5"]


@pytest.mark.django_db
def test_a_file_that_breaks_off_is_loaded_again_next_time(packs: Path) -> None:
    path = packs / "above/sample/sooner.csv"
    path.write_text("what\n3\nbreak\n")
    with pytest.raises(ValueError, match="cannot be loaded"):
        load_samples([packs])
    path.write_text("what\n3\n")
    assert load_samples([packs]).files == 2


@pytest.mark.django_db
def test_one_pack_can_be_loaded_alone(packs: Path) -> None:
    assert load_samples([packs], pack="above").files == 1


def test_packs_with_faults_load_nothing(packs: Path) -> None:
    (packs / "above/pack.yaml").write_text("id: above\n")
    with pytest.raises(RefusedCity):
        load_samples([packs])
    assert seen == []


def test_a_row_of_another_length_is_named() -> None:
    file = SampleFile("p", "later", Path("p/sample/later.csv"), b"what,why\n1,2\n3\n")
    with pytest.raises(ValueError, match="later.csv:3"):
        list(file.rows())


def test_log_ins_are_those_of_the_accounts_with_their_posts(tmp_path: Path) -> None:
    for name in ("units", "posts", "accounts"):
        register_sample(name, remember)
    write_pack(
        tmp_path,
        "demo",
        {
            "sample/units.csv": "code,title\nu,某局\n",
            "sample/posts.csv": "code,unit,title\np,u,窗口\n",
            "sample/accounts.csv": "login,password,posts\nwu.qing,secret,p\nlin.xiuying,secret,\n",
        },
    )
    assert not read_city([tmp_path]).faults
    assert demo_logins([tmp_path]) == [
        {"login": "wu.qing", "password": "secret", "posts": "某局 窗口"},
        {"login": "lin.xiuying", "password": "secret", "posts": ""},
    ]
