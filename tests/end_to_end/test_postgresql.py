"""The daemon with PostgreSQL as its store at its first start; faults/test_server_away.py has the server that goes away later."""

from __future__ import annotations

from collections.abc import Callable

from tests.end_to_end.conftest import LINE, Config, Daemon
from tests.end_to_end.test_refusals import refusal

Start = Callable[..., Daemon]


def test_a_store_that_is_away_at_the_first_start_is_one_line_and_exit_3(config: Config, daemon: Start) -> None:
    assert "is away: " in refusal(daemon(config(LINE, store="postgresql://lw@127.0.0.1:1/lw")), 3)
