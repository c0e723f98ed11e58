"""The states file, both ways: CSV `at,state,cause`, a row for each change, the last one closing the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from linewatch.history.cell import after, cause_of, instant, instant_text
from linewatch.history.table import Columns, RefusedError, quoted, read_table
from linewatch.progress import Progress, untold
from linewatch.sample.cause import Cause
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import Timeline

COLUMNS = Columns(("at", "state", "cause"), needed=2)
_STATES = {state.value: state for state in State}
_UNSAID = {State.UP: None, State.DEGRADED: Cause.IMPORTED, State.DOWN: Cause.IMPORTED, State.UNKNOWN: Cause.MONITOR}


@dataclass(frozen=True, slots=True)
class StatesFile:
    """A states file that was read whole: what it says of the time from `first_at` up to `last_at`, where it is closed (both UTC).

    `sha256` is that of its bytes, in hex; `rows` counts its rows, of which those that change nothing are no transition. The transitions
    carry no sampling uncertainty (`earliest_at == at`).
    """

    path: Path
    sha256: str
    transitions: tuple[Transition, ...]
    rows: int
    first_at: datetime
    last_at: datetime


def read_states(path: Path, progress: Progress = untold) -> StatesFile:
    """The states file at `path`. Raises HistoryFileError, with a line for each bad row, where it is not good as a whole."""
    said = _Said()
    taken = read_table(path, COLUMNS, said, progress)
    first_at = said.transitions[0].at
    return StatesFile(path, taken.sha256, tuple(said.transitions), taken.rows, first_at, said.last_at or first_at)


@dataclass(slots=True)
class _Said:
    """What the rows have said so far."""

    transitions: list[Transition] = field(default_factory=list)
    last_at: datetime | None = None
    state: State = State.UNKNOWN
    cause: Cause | None = None

    def take(self, values: Sequence[str]) -> None:
        at, word, cause = values
        before, self.last_at = self.last_at, instant(at)
        after(self.last_at, before)
        self.state, self.cause = _state(word, cause)
        last = self.transitions[-1] if self.transitions else None
        if last is None or last.state is not self.state or last.cause is not self.cause:
            self.transitions.append(Transition(self.last_at, self.state, self.cause, self.last_at))

    def close(self) -> None:
        if self.state is not State.UNKNOWN:
            raise RefusedError("state", f"the last row closes the file and must be unknown, not {self.state}")
        if self.cause is not Cause.MONITOR:
            raise RefusedError("cause", f"the last row closes the file; its cause must be empty or monitor, not {self.cause}")


def _state(word: str, cause: str) -> tuple[State, Cause | None]:
    state = _STATES.get(word.lower())
    if state is None:
        raise RefusedError("state", f"must be up, degraded, down or unknown, not {quoted(word)}" if word else "is missing")
    if state is State.UP and cause:
        raise RefusedError("cause", f"must be empty where the state is up, not {quoted(cause)}")
    return state, cause_of(cause) or _UNSAID[state]


def write_states(history: Timeline, out: TextIO) -> int:
    """Write a history as a states file, closed where it ends; returns its rows, the header not counted.

    What is read back is the same history without its sampling uncertainty. A history that says nothing becomes a header alone.
    """
    out.write(",".join(COLUMNS.names) + "\n")
    for stretch in history:
        out.write(f"{instant_text(stretch.span.start)},{stretch.state},{stretch.cause or ''}\n")
    if not history:
        return 0
    out.write(f"{instant_text(history[-1].span.end)},{State.UNKNOWN},{Cause.MONITOR}\n")
    return len(history) + 1
