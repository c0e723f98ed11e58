"""Loss and round-trip time over several rounds: of a line, the lower median over its anchors, so that one dead anchor does not speak for it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round
from linewatch.sample.target import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loss:
    """`lost` of `sent` echoes were not answered; what this host could not send counts in neither."""

    lost: int
    sent: int

    @property
    def ratio(self) -> float:
        """The share lost; 0 where nothing was sent."""
        return self.lost / self.sent if self.sent else 0.0


def loss(rounds: Iterable[Round], aside: Container[str] = ()) -> Loss | None:
    """The loss over `rounds`: the lower median, over the anchors that are not set aside, of each one's own share; of an endpoint, its own.

    None where nothing was sent.
    """
    tallies = [Loss(sum(not outcome.answered for outcome in seen), len(seen)) for seen in _by_target(rounds, aside).values() if seen]
    return lower_median(sorted(tallies, key=lambda tally: tally.ratio))


def rtt_us(rounds: Iterable[Round], aside: Container[str] = ()) -> int | None:
    """The lower median, over the anchors, of each one's own lower median round-trip time; None where none answered."""
    medians = []
    for seen in _by_target(rounds, aside).values():
        median = lower_median(sorted(outcome.rtt_us for outcome in seen if outcome.answered and outcome.rtt_us is not None))
        if median is not None:
            medians.append(median)
    return lower_median(sorted(medians))


def lower_median(ordered: Sequence[T]) -> T | None:
    """The middle one of an ordered row, the lower of the two where there are two."""
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def _by_target(rounds: Iterable[Round], aside: Container[str]) -> dict[str, list[Outcome]]:
    """What each anchor (or the endpoint) answered to what was sent to it."""
    seen: dict[str, list[Outcome]] = {}
    for looked in rounds:
        for seat, outcome in zip(looked.panel, looked.outcomes, strict=True):
            if seat.role in (Role.ANCHOR, Role.ENDPOINT) and seat.target not in aside and outcome.result is not Result.ERROR:
                seen.setdefault(seat.target, []).append(outcome)
    return seen
