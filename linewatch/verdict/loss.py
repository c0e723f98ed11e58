"""Loss and round-trip time over several rounds: of a line, the lower median over its anchors, so that one dead anchor does not speak for it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round, Seat
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
    tallies = [Loss(sum(lost), len(lost)) for lost in _lost_by_target(rounds, aside).values()]
    return lower_median(sorted(tallies, key=lambda tally: tally.ratio))


def rtt_us(rounds: Iterable[Round], aside: Container[str] = ()) -> int | None:
    """The lower median, over the anchors, of each one's own lower median round-trip time; None where none answered."""
    times: dict[str, list[int]] = {}
    for seat, outcome in _asked(rounds, aside):
        if outcome.answered and outcome.rtt_us is not None:
            times.setdefault(seat.target, []).append(outcome.rtt_us)
    medians = []
    for seen in times.values():
        median = lower_median(sorted(seen))
        if median is not None:
            medians.append(median)
    return lower_median(sorted(medians))


def lower_median(ordered: Sequence[T]) -> T | None:
    """The middle one of an ordered row, the lower of the two where there are two."""
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def came_back(outcome: Outcome) -> bool:
    """Whether anything came back from the target: a wrong answer proves that the line carries traffic as well as a right one does."""
    return outcome.answered or (outcome.result is Result.BAD and outcome.rtt_us is not None)


def _lost_by_target(rounds: Iterable[Round], aside: Container[str]) -> dict[str, list[bool]]:
    """Of each look whether it was lost: at an anchor where nothing came back, at an endpoint where the check failed."""
    lost: dict[str, list[bool]] = {}
    for seat, outcome in _asked(rounds, aside):
        lost.setdefault(seat.target, []).append(not (came_back(outcome) if seat.role is Role.ANCHOR else outcome.answered))
    return lost


def _asked(rounds: Iterable[Round], aside: Container[str]) -> Iterator[tuple[Seat, Outcome]]:
    """The looks that were sent to the anchors (or the endpoint)."""
    for looked in rounds:
        for seat, outcome in zip(looked.panel, looked.outcomes, strict=True):
            if seat.role in (Role.ANCHOR, Role.ENDPOINT) and seat.target not in aside and outcome.result is not Result.ERROR:
                yield seat, outcome
