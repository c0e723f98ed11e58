"""What the loop needs of the world: to look, to keep, and to be seen. The adapters are chosen in `linewatch.wiring`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from linewatch.sample.event import Event
from linewatch.sample.round import Panel, Round
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition


class Prober(Protocol):
    """Looks at one service."""

    def panel(self) -> Panel:
        """Whom the next round would ask."""

    async def look(self, at: datetime, quiet: Callable[[], None], /) -> Round:
        """One round, sent now; `at` is its time in the record.

        `quiet()` is called once if the round already looks bad while its time is not yet up. Raises only where the prober itself fails.
        """


class Record(Protocol):
    """Keeps what was seen. No call blocks; what is kept is committed within a second, in the order of the calls."""

    def keep(
        self, service: str, looked: Round, reading: Reading, transitions: Sequence[Transition] = (), on_commit: Callable[[], None] | None = None
    ) -> None:
        """One round and the changes that it brought. `on_commit` is called from any thread once both are safe on disk."""

    def mark(self, service: str, transitions: Sequence[Transition], on_commit: Callable[[], None] | None = None) -> None:
        """Changes that no round brought: a hole, a step of the clock."""

    def note(self, event: Event) -> None:
        """An event of the watch."""


class Onlooker(Protocol):
    """Is told of every round, and of every change once it is committed."""

    def saw(self, service: str, looked: Round, reading: Reading) -> None:
        """A round was judged."""

    def changed(self, service: str, transition: Transition) -> None:
        """A change of state is committed."""

    def missed(self, service: str, rounds: int, lag_seconds: float) -> None:
        """A round began `lag_seconds` late, and `rounds` before it were not begun at all."""
