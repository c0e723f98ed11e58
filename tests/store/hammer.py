"""Daemons that write as fast as they may, and say what they handed over and what was announced to them; made to be killed.

    python -m tests.store.hammer

reads lines `URL FIRST CHANGE_EVERY [SPOOL]` and forks for each a process that opens the store and writes until it is killed: to fork
costs milliseconds where a new interpreter costs half a second, so that hundreds of deaths fit into one test. Rounds are numbered from FIRST,
their time is T plus so many times three seconds. The line is good and broken by turns of CHANGE_EVERY rounds, judged by the machine of the
daemon; where turns are long, batches are cut by time alone. Lines on standard output, each with the monotonic time: `born PID`, `k N` before
round N is handed over, `a N M` once the change that round N brought, dated to round M, is announced, and `gone PID`.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from pathlib import Path

from linewatch.span import to_epoch
from linewatch.store.opening import open_for_writing
from linewatch.verdict.machine import resumed, step
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from tests.store.material import SECOND, T, bad, good

RULE = Rule(interval=3 * SECOND, stale_after=10 * SECOND)


def number(at: datetime) -> int:
    return (to_epoch(at) - to_epoch(T)) // 3_000_000


def truth(number: int, change_every: int) -> State:
    """How the line really is when the round of this number looks."""
    return State.DOWN if number // change_every % 2 else State.UP


def say(line: str) -> None:
    os.write(1, f"{line} {time.monotonic()}\n".encode())


def hammer(address: str, first: int, change_every: int, spool: Path | None) -> None:
    store = open_for_writing(address, spool=spool)
    store.enrol("line", "line", 3 * SECOND)
    standing = resumed(RULE, store.last_transition("line"), [reading for _, reading in store.tail("line", RULE.fall + 1)])
    n = first
    while True:
        at = T + n * 3 * SECOND
        looked, reading = good(at) if truth(n, change_every) is State.UP else bad(at)
        standing, changes = step(RULE, standing, reading)
        dated = [number(change.at) for change in changes]
        say(f"k {n}")
        announce = (lambda n=n, dated=dated: [say(f"a {n} {m}") for m in dated]) if changes else None
        store.keep("line", looked, reading, transitions=changes, on_commit=announce)
        n += 1
        time.sleep(0.001)


def main() -> None:
    for line in sys.stdin:
        address, first, change_every, *spool = line.split()
        child = os.fork()
        if child == 0:
            hammer(address, int(first), int(change_every), Path(*spool) if spool else None)
        say(f"born {child}")
        os.waitpid(child, 0)
        say(f"gone {child}")


if __name__ == "__main__":
    main()
