"""Invented data: loaded in order, once, with progress; half a file is no file; and a large city is filled while it is in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.packs import write_pack

from yiwang.kernel import samples
from yiwang.kernel.samples import Portion, SampleFile, UnknownSize, nothing_at_once, register_sample
from yiwang.packs.models import Filling
from yiwang.packs.queries import read_city
from yiwang.packs.services import demo_logins, fill_city, load_samples
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


# ── What can wait ───────────────────────────────────────────────────────────────────────────────────────────────────────

SIZES = "names: {hamlet: 3, town: 8}\nat_once: 4\n"


def three_more(file: SampleFile, at: int) -> Portion:
    """Three of as many as there are residents."""
    end = min(at + 3, file.residents)
    seen.extend(f"{file.begun_at.isoformat()} {number}" for number in range(at, end))
    if "break" in file.content.decode() and end == file.residents:
        raise ValueError("this portion cannot be loaded")
    return Portion(end, file.residents, end - at)


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    register_sample("people", nothing_at_once, order=30, more=three_more)
    write_pack(tmp_path, "town", {"sample/people.csv": "what\n1\n", "sample/sizes.yaml": SIZES})
    return tmp_path


@pytest.mark.django_db
def test_a_large_city_is_filled_by_portions_after_its_first_page(waiting: Path) -> None:
    assert load_samples([waiting], size="town").rows == 0
    assert seen == []
    said: list[str] = []
    assert list(fill_city([waiting], size="town", say=said.append)) == [3, 3, 2]
    assert [line.split()[1] for line in seen] == [str(number) for number in range(8)]
    assert "8 of 8" in said[-1]
    assert list(fill_city([waiting], size="town")) == []
    assert load_samples([waiting], size="town").rows == 0


@pytest.mark.django_db
def test_a_small_city_is_laid_down_at_once(waiting: Path) -> None:
    assert load_samples([waiting], size="hamlet").rows == 3
    assert list(fill_city([waiting], size="hamlet")) == []
    assert load_samples([waiting], size="2").rows == 2


@pytest.mark.django_db
def test_filling_takes_up_where_it_was_cut_off_and_draws_from_the_same_day(waiting: Path) -> None:
    filling = fill_city([waiting], size="town")
    assert next(filling) == 3
    filling.close()
    assert list(fill_city([waiting], size="town")) == [3, 2]
    begun = {line.split()[0] for line in seen}
    assert begun == {Filling.objects.get().begun_at.isoformat()}
    assert Filling.objects.get().rows == 8


@pytest.mark.django_db
def test_a_portion_that_breaks_off_is_loaded_again(waiting: Path) -> None:
    path = waiting / "town/sample/people.csv"
    path.write_text("what\nbreak\n")
    with pytest.raises(ValueError, match="cannot be loaded"):
        list(fill_city([waiting], size="town"))
    assert Filling.objects.get().done == 6


@pytest.mark.django_db
def test_a_size_that_the_pack_does_not_know_is_refused_with_those_it_knows(waiting: Path) -> None:
    with pytest.raises(UnknownSize, match="hamlet, town"):
        load_samples([waiting], size="metropolis")
    with pytest.raises(UnknownSize):
        load_samples([waiting], size="999999999999")
