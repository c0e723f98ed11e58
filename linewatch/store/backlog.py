"""What waits to be written: a bounded queue between the daemon's loop and the writer's thread."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from linewatch.sample.event import Event, Happening
from linewatch.sample.round import Round
from linewatch.store.entry import ServiceRow
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition


@dataclass(frozen=True, slots=True)
class Entry:
    """What one call of the daemon wants kept, whole and in one transaction; `service` names whose round and transitions these are."""

    service: str | None = None
    sample: tuple[Round, Reading] | None = None
    transitions: tuple[Transition, ...] = ()
    event: Event | None = None
    enrolled: ServiceRow | None = None
    prune_before: datetime | None = None
    settles: bool = False  # roll up what is still open: the daemon ends
    on_commit: Callable[[], None] | None = None

    @property
    def rows(self) -> int:
        """How many rows it makes."""
        return (self.sample is not None) + len(self.transitions) + (self.event is not None) + (self.enrolled is not None)

    @property
    def urgent(self) -> bool:
        """Whether someone waits for its commit: everything but plain samples and events."""
        asks = self.on_commit is not None or self.enrolled is not None or self.prune_before is not None
        return bool(self.transitions) or asks or self.settles


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples of one service that the full queue let go: how many, and the times of the first and the last."""

    count: int
    first_at: datetime
    last_at: datetime


def gap_entries(gaps: Mapping[str, Gap]) -> list[Entry]:
    """The events that say which samples were let go, each at the time of the last of them."""
    return [
        Entry(
            event=Event(
                gap.last_at,
                Happening.SAMPLES_LOST,
                service,
                {"count": gap.count, "first_at": gap.first_at.isoformat(), "last_at": gap.last_at.isoformat()},
            )
        )
        for service, gap in gaps.items()
    ]


class Backlog:
    """Entries in order of arrival. Where their rows pass `limit`, the oldest samples go, and are counted; nothing else ever does.

    `linger_s` is how long a plain sample may wait for company before the writer is woken.
    """

    def __init__(self, limit: int, linger_s: float) -> None:
        self._limit = limit
        self._linger_s = linger_s
        self._changed = threading.Condition()
        self._waiting: OrderedDict[int, tuple[float, Entry]] = OrderedDict()
        self._with_sample: deque[int] = deque()
        self._next = 0
        self._rows = 0
        self._urgent = 0
        self._closed = False
        self._gaps: dict[str, Gap] = {}
        self._let_go_count = 0

    def put(self, entry: Entry) -> None:
        """Queue an entry; never blocks for longer than another thread holds the lock, which is microseconds."""
        with self._changed:
            self._waiting[self._next] = (time.monotonic(), entry)
            if entry.sample is not None:
                self._with_sample.append(self._next)
            self._next += 1
            self._rows += entry.rows
            self._urgent += entry.urgent
            while self._rows > self._limit and self._with_sample:
                self._let_go(self._with_sample.popleft())
            if entry.urgent or len(self._waiting) == 1:
                self._changed.notify_all()

    def _let_go(self, number: int) -> None:
        queued, entry = self._waiting[number]
        assert entry.sample is not None
        assert entry.service is not None
        at = entry.sample[0].at
        gap = self._gaps.get(entry.service, Gap(0, at, at))
        self._gaps[entry.service] = Gap(gap.count + 1, gap.first_at, at)
        self._let_go_count += 1
        self._rows -= 1
        bare = replace(entry, sample=None)
        if bare.rows:
            self._waiting[number] = (queued, bare)
        else:
            del self._waiting[number]
            self._urgent -= entry.urgent

    def take(self, most_rows: int, patience_s: float | None) -> list[Entry]:
        """Wait until something is due and take it, up to about `most_rows` rows.

        Nothing where `patience_s` passes first (None: wait on), or the queue is closed and drained.
        """
        deadline = None if patience_s is None else time.monotonic() + patience_s
        with self._changed:
            while not self._due():
                if self._closed and not self._waiting:
                    return []
                wait_s = self._wait_s(deadline)
                if wait_s is not None and wait_s <= 0:
                    return []
                self._changed.wait(wait_s)
            return self._taken(most_rows)

    def _due(self) -> bool:
        if not self._waiting:
            return False
        return self._closed or self._urgent > 0 or time.monotonic() >= self._oldest_s() + self._linger_s

    def _oldest_s(self) -> float:
        return self._waiting[next(iter(self._waiting))][0]

    def _wait_s(self, deadline: float | None) -> float | None:
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return 0.0
        ends = [end for end in (deadline, self._oldest_s() + self._linger_s if self._waiting else None) if end is not None]
        return max(min(ends) - now, 0.001) if ends else None

    def _taken(self, most_rows: int) -> list[Entry]:
        out: list[Entry] = []
        rows = 0
        while self._waiting and rows < most_rows:
            _, (_, entry) = self._waiting.popitem(last=False)
            if entry.sample is not None:
                self._with_sample.popleft()
            self._urgent -= entry.urgent
            rows += entry.rows
            out.append(entry)
        self._rows -= rows
        return out

    def take_gaps(self) -> dict[str, Gap]:
        """The samples let go since this was last asked, by service."""
        with self._changed:
            gaps, self._gaps = self._gaps, {}
            return gaps

    def pause(self, seconds: float) -> None:
        """Sleep; wake at once where the queue is closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout=seconds)

    def close(self) -> None:
        """Let the writer drain the queue and end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def rows(self) -> int:
        """How many rows wait."""
        return self._rows

    @property
    def let_go(self) -> int:
        """How many samples were let go since the start."""
        return self._let_go_count

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed
