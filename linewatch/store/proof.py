"""Whether the minutes on record are those that the rounds make: a round that was changed afterwards shows in its minute."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

from linewatch.store.rollup import MINUTE_US, Minute, minute_rollup
from linewatch.verdict.replay import KeptRound

EXAMPLES = 100


@dataclass(slots=True)
class MinuteProof:
    """Takes the rounds of one service in order of time beside its minutes on record.

    `otherwise` are the first minutes that differ (the record's, or None where it lacks one; ours), `otherwise_count` is how many do. Only minutes in
    [`first`, `end`) are compared; of one that is still open at the last round the record may lack the roll-up.
    """

    recorded: Iterator[Minute]
    first: int
    end: int
    otherwise: list[tuple[Minute | None, Minute]] = field(default_factory=list)
    otherwise_count: int = 0
    minutes: int = 0
    _minute: int = -1
    _rounds: list[KeptRound] = field(default_factory=list)
    _next: Minute | None = None
    _alike: dict[Hashable, Minute] = field(default_factory=dict)

    def take(self, kept: KeptRound) -> None:
        """One round more."""
        minute = kept.at_us // MINUTE_US
        if minute != self._minute:
            self._compare(open_still=False)
            self._minute, self._rounds = minute, []
        self._rounds.append(kept)

    def close(self) -> None:
        """There are no more."""
        self._compare(open_still=True)

    def _compare(self, open_still: bool) -> None:
        if not self.first <= self._minute < self.end:
            return
        made, told = self._made(), self._recorded()
        self.minutes += 1
        if made != told and not (open_still and told is None):
            self.otherwise_count += 1
            if len(self.otherwise) < EXAMPLES:
                self.otherwise.append((told, made))

    def _recorded(self) -> Minute | None:
        while self._next is None or self._next.minute < self._minute:
            self._next = next(self.recorded, None)
            if self._next is None:
                return None
        return self._next if self._next.minute == self._minute else None

    def _made(self) -> Minute:
        """The roll-up; of rounds of one shape each is like the first."""
        shape, count = self._rounds[0].shape, len(self._rounds)
        if shape is None or any(each.shape != shape for each in self._rounds):
            return minute_rollup([(each.looked, each.reading) for each in self._rounds])
        if shape not in self._alike:
            self._alike[shape] = minute_rollup([(self._rounds[0].looked, self._rounds[0].reading)])
        one = self._alike[shape]
        return replace(one, minute=self._minute, rounds=count, sent=one.sent * count, lost=one.lost * count)
