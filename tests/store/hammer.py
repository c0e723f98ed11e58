"""A daemon that writes as fast as it may, and says what it handed over and what was announced to it; made to be killed.

    python -m tests.store.hammer URL FIRST CHANGE_EVERY

Rounds are numbered from FIRST, their time is T plus so many times three seconds; every so many of them bring a change of state, which
wakes the writer. Where those are rare, batches are cut by time alone. Lines on standard output: `k N` before round N is handed over,
`a N` once the transition of round N is announced.
"""

from __future__ import annotations

import os
import sys
import time

from linewatch.store.opening import open_for_writing
from tests.store.material import SECOND, T, good, up


def say(line: str) -> None:
    os.write(1, f"{line} {time.monotonic()}\n".encode())


def hammer(address: str, first: int, change_every: int) -> None:
    store = open_for_writing(address)
    store.enrol("line", "line", 3 * SECOND)
    number = first
    while True:
        at = T + number * 3 * SECOND
        changes = [up(at)] if number == first or number % change_every == 0 else []
        say(f"k {number}")
        store.keep("line", *good(at), transitions=changes, on_commit=(lambda n=number: say(f"a {n}")) if changes else None)
        number += 1
        time.sleep(0.001)


if __name__ == "__main__":
    hammer(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
