"""Business time: machine time plus an offset that only grows and that every process sees."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from yiwang.kernel import time


@pytest.fixture
def offset_file(tmp_path: Path) -> Iterator[Path]:
    before = time._offset_file
    path = tmp_path / "offset.json"
    time.use_offset_file(path)
    yield path
    time.use_offset_file(before)


@pytest.fixture
def real_city() -> Iterator[None]:
    before = time._offset_file
    time.use_offset_file(None)
    yield
    time.use_offset_file(before)


def almost(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(seconds=5)


def in_another_process(offset_file: Path, code: str) -> str:
    script = (
        f"from yiwang.kernel import time\nfrom pathlib import Path\ntime.use_offset_file(Path({str(offset_file)!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script + code], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip()


@pytest.mark.usefixtures("real_city")
def test_outside_a_demo_city_business_time_is_machine_time() -> None:
    assert time.offset() == timedelta()
    assert almost(time.now(), time.machine_now())
    with pytest.raises(RuntimeError, match="demo city"):
        time.move_to(time.now() + timedelta(days=1))


def test_a_demo_city_begins_at_machine_time(offset_file: Path) -> None:
    assert almost(time.now(), time.machine_now())


def test_business_time_moves_forward_and_machine_time_does_not(offset_file: Path) -> None:
    goal = time.now() + timedelta(days=30)
    ahead = time.move_to(goal)
    assert abs(ahead - timedelta(days=30)) < timedelta(seconds=5)
    assert almost(time.now(), goal)
    assert almost(time.machine_now(), datetime.now(UTC))  # noqa: TID251 the machine's clock itself


def test_business_time_never_goes_back(offset_file: Path) -> None:
    time.move_to(time.now() + timedelta(days=30))
    with pytest.raises(time.TimeCannotGoBack):
        time.move_to(time.now() - timedelta(seconds=1))
    assert almost(time.now(), time.machine_now() + timedelta(days=30))


def test_another_process_sees_the_move(offset_file: Path) -> None:
    time.move_to(time.now() + timedelta(days=400))
    seen = in_another_process(offset_file, "print(time.now().isoformat())")
    assert abs(datetime.fromisoformat(seen) - time.now()) < timedelta(seconds=30)


def test_a_move_by_another_process_is_seen_at_the_next_call(offset_file: Path) -> None:
    time.now()
    in_another_process(offset_file, "from datetime import timedelta\ntime.move_to(time.now() + timedelta(days=7))")
    assert time.offset() > timedelta(days=6)


def test_moves_in_quick_succession_are_all_seen(offset_file: Path) -> None:
    for day in range(1, 200):
        time.move_to(time.machine_now() + timedelta(days=day))
        assert time.offset() > timedelta(days=day - 1), "a move within one tick of the file system was overlooked"


def test_movers_at_once_never_take_time_back(offset_file: Path) -> None:
    def move(days: int) -> None:
        for i in range(20):
            try:
                time.move_to(time.machine_now() + timedelta(days=days * 20 + i))
            except time.TimeCannotGoBack:
                continue

    threads = [threading.Thread(target=move, args=(days,)) for days in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert time.offset() > timedelta(days=78)
    assert sorted(one.name for one in offset_file.parent.iterdir()) == ["offset.json", "offset.lock"]


@pytest.mark.parametrize(
    ("instant", "civil"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_legal_date_is_that_of_shanghai(instant: datetime, civil: date) -> None:
    assert time.civil_date(instant) == civil


def test_today_is_the_legal_date_of_business_time(offset_file: Path) -> None:
    time.move_to(time.now() + timedelta(days=1000))
    assert time.today() in {time.civil_date(time.now()), time.civil_date(time.now() - timedelta(seconds=5))}


@pytest.mark.usefixtures("offset_file")
def test_a_past_is_told_in_its_block_alone() -> None:
    from yiwang.kernel.ids import uuid7

    long_ago = time.now() - timedelta(days=700)
    seen_elsewhere: list[datetime] = []
    with time.telling(long_ago):
        assert almost(time.now(), long_ago)
        assert time.today() == time.civil_date(long_ago)
        assert almost(time.machine_now(), long_ago + timedelta(days=700))
        told = uuid7()
        other = threading.Thread(target=lambda: seen_elsewhere.append(time.now()))
        other.start()
        other.join()
        with time.telling(long_ago + timedelta(days=1)):
            assert almost(time.now(), long_ago + timedelta(days=1))
        assert almost(time.now(), long_ago)
    assert almost(time.now(), long_ago + timedelta(days=700))
    assert almost(seen_elsewhere[0], time.now())
    assert time.behind() == timedelta()
    assert told < uuid7()
    assert almost(datetime.fromtimestamp((told.int >> 80) / 1000, UTC), long_ago)


@pytest.mark.usefixtures("offset_file")
def test_what_is_to_come_cannot_be_told() -> None:
    with pytest.raises(ValueError, match="not past"), time.telling(time.now() + timedelta(hours=1)):
        pass


@pytest.mark.usefixtures("real_city")
def test_a_real_city_has_the_past_that_it_has() -> None:
    with pytest.raises(RuntimeError, match="demo city"), time.telling(time.now() - timedelta(days=1)):
        pass
