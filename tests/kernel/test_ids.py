"""Row ids."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now


def test_an_id_is_a_uuid_of_version_7() -> None:
    for _ in range(1_000):
        one = uuid7()
        assert one.version == 7
        assert one.variant == RFC_4122


def test_ids_are_different() -> None:
    assert len({uuid7() for _ in range(20_000)}) == 20_000


def test_an_id_holds_its_moment_and_sorts_by_it() -> None:
    one = uuid7()
    made = datetime.fromtimestamp((one.int >> 80) / 1000, UTC)
    assert abs(made - machine_now()) < timedelta(seconds=5)
    later = one
    while later.int >> 80 == one.int >> 80:  # until the clock's next millisecond
        later = uuid7()
    assert later > one
    assert str(later) > str(one)
