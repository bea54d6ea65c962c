"""The short form of `make bench SUITE=clocks`: a thousand open cases and ten thousand, a thousand clocks counted anew."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from supervision.conftest import send
from support.demo import Demo

from bench import clocks
from bench.city import City
from yiwang.launch.postgres import Server

SIZES = (1_000, 10_000)
DUE, ROUNDS, TICKS = 20, 2, 2


@pytest.fixture
def measured(own_demo: Demo, server: Server) -> Any:
    for _ in range(clocks.SENT):
        send()
    connections.close_all()
    urls = {"database_url": server.url(own_demo.name, "owner"), "app_database_url": server.url(own_demo.name, "app")}
    city = City(own_demo.name, server, settings.YIWANG.model_copy(update=urls))
    try:
        yield clocks.measure(city, SIZES, SIZES[0], due=DUE, rounds=ROUNDS, ticks=TICKS)
    finally:
        for name in (*map(str, SIZES), "recount"):
            server.drop_database(f"{own_demo.name}_{name}")


def test_a_tick_costs_what_is_due_counting_anew_moves_every_clock_and_rule_and_sql_agree(
    measured: clocks.Found, capsys: pytest.CaptureFixture[str]
) -> None:
    small, large = measured.ticked
    assert small.fired == large.fired == 3 * DUE
    assert large.pages[-1] <= clocks.SLOWER_AT_MOST * small.pages[-1]
    assert (small.walks, large.walks) == (set(), set())
    assert (measured.recount["clocks"], measured.recount["moved"]) == (SIZES[0], SIZES[0])
    assert len(measured.recount["batches"]) == SIZES[0] / measured.recount["batch"]
    assert (measured.rules["clocks"], measured.rules["different"]) == (SIZES[0], 0)
    clocks.tell(measured, DUE)
    assert "MISSED" not in capsys.readouterr().out.replace(
        "MISSED: a tick takes", ""
    )  # how long, on a busy machine, says nothing
