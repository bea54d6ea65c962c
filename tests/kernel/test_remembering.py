"""What is asked again within an act or a request is asked once, and nothing is remembered longer."""

from __future__ import annotations

import threading

from yiwang.kernel.remembering import forget, remembered, remembering


class Asked:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def test_outside_of_a_block_every_question_is_asked() -> None:
    ask = Asked()
    assert [remembered("a", ask), remembered("a", ask)] == [1, 2]


def test_within_a_block_a_question_is_asked_once() -> None:
    ask = Asked()
    with remembering():
        assert [remembered("a", ask), remembered("a", ask), remembered("b", ask)] == [1, 1, 2]
    assert remembered("a", ask) == 3


def test_a_block_within_a_block_asks_anew_and_leaves_the_outer_one_as_it_was() -> None:
    ask = Asked()
    with remembering():
        assert remembered("a", ask) == 1
        with remembering():
            assert remembered("a", ask) == 2
        assert remembered("a", ask) == 1


def test_what_was_forgotten_is_asked_again() -> None:
    ask = Asked()
    with remembering():
        remembered("a", ask)
        forget()
        assert remembered("a", ask) == 2


def test_a_thread_does_not_remember_what_another_was_told() -> None:
    ask = Asked()
    with remembering():
        remembered("a", ask)
        other = threading.Thread(target=lambda: remembered("a", ask))
        other.start()
        other.join()
    assert ask.times == 2
