"""What a restart must know of the record, kept beside it: how every service stood, and its last rounds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from linewatch.sample.round import Round
from linewatch.store.backlog import Entry
from linewatch.store.entry import ServiceRow
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition

KEPT_ROUNDS = 100

Looked = tuple[Round, Reading]


@dataclass(slots=True)
class _Stand:
    row: ServiceRow
    last: Transition | None = None
    rounds: deque[Looked] = field(default_factory=lambda: deque(maxlen=KEPT_ROUNDS))


class Recall:
    """Goes along with the entries of the record, and gives the answers that it would give, as far as a restart asks for them.

    Any thread may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stands: dict[str, _Stand] = {}

    def take(self, entries: Iterable[Entry]) -> None:
        """Go along with entries, in their order."""
        with self._lock:
            for entry in entries:
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        if entry.enrolled is not None:
            self._enrol(entry.enrolled)
        stand = self._stands.get(entry.service or "")
        if stand is not None:
            # Of two rounds at the same microsecond the first stands, as on record.
            if entry.sample is not None and not any(looked[0].at == entry.sample[0].at for looked in stand.rounds):
                stand.rounds.append(entry.sample)
            if entry.transitions:
                stand.last = entry.transitions[-1]

    def _enrol(self, row: ServiceRow) -> None:
        known = self._stands.get(row.name)
        if known is None:
            self._stands[row.name] = _Stand(row)
        else:
            known.row = row

    def learn(self, row: ServiceRow, last: Transition | None, rounds: Iterable[Looked]) -> None:
        """What the record itself says of a service, in place of whatever was known of it."""
        bare = replace(row, heard_at=None, pruned_before=None)
        with self._lock:
            self._stands[row.name] = _Stand(bare, last, deque(rounds, KEPT_ROUNDS))

    def entries(self) -> list[Entry]:
        """All of it, as entries that say it again."""
        with self._lock:
            return [entry for name, stand in self._stands.items() for entry in _again(name, stand)]

    def knows(self, service: str) -> bool:
        """Whether it can speak for a service."""
        return service in self._stands

    @property
    def services(self) -> list[str]:
        """Whom it knows."""
        with self._lock:
            return list(self._stands)

    def last_transition(self, service: str) -> Transition | None:
        """The transition taken last."""
        return self._stands[service].last

    def heard_at(self, service: str) -> datetime | None:
        """The time of the round taken last."""
        with self._lock:
            rounds = self._stands[service].rounds
            return rounds[-1][0].at if rounds else None

    def rounds(self, service: str, count: int = KEPT_ROUNDS) -> list[Looked]:
        """The last `count` rounds up to the one taken last, in order of time; what lies after it was measured before a step back of the clock."""
        with self._lock:
            taken = list(self._stands[service].rounds)
        found = [looked for looked in taken if looked[0].at <= taken[-1][0].at]
        return sorted(found, key=lambda looked: looked[0].at)[-count:]


def _again(name: str, stand: _Stand) -> Iterator[Entry]:
    yield Entry(enrolled=stand.row)
    if stand.last is not None:
        yield Entry(name, transitions=(stand.last,))
    for looked in stand.rounds:
        yield Entry(name, looked)
