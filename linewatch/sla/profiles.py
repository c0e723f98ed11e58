"""Other definitions of availability beside the headline, each with its parameters: so that a contract's own can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from linewatch.sla.availability import Availability, availability
from linewatch.sla.terms import Terms
from linewatch.span import Span, shared
from linewatch.verdict.outage import outage_spans
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, joined, plain

CARRIER_IGNORES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Profile:
    """One definition: the figures that it gives, how many outages it counts, and its parameters."""

    name: str
    figures: Availability
    outage_count: int
    parameters: Mapping[str, int | float | str] = field(default_factory=dict)


def profiles(
    history: Timeline, period: Span, rule: Rule, terms: Terms, scheduled: Sequence[Span] | None = None, excluded: Sequence[Span] = ()
) -> tuple[Profile, ...]:
    """The profiles that the state history alone can give: the rule in force, and the carriers' habit of ignoring short outages."""
    lenient = without_short_outages(history, CARRIER_IGNORES)
    standard = {"fall": rule.fall, "rise": rule.rise, "interval_seconds": rule.interval.total_seconds()}
    return (
        Profile("standard", availability(history, period, terms, scheduled, excluded), _count(history, period), standard),
        Profile(
            "carrier",
            availability(lenient, period, terms, scheduled, excluded),
            _count(lenient, period),
            {"ignored_below_seconds": CARRIER_IGNORES.total_seconds()},
        ),
    )


def without_short_outages(history: Timeline, shortest: timedelta) -> Timeline:
    """The history with every outage shorter than `shortest` as UP."""
    if not history:
        return history
    short = [span for span in outage_spans(history) if span.length < shortest]
    i = 0
    out = []
    for stretch in history:
        while i < len(short) and short[i].end <= stretch.span.start:
            i += 1
        ignored = stretch.state is State.DOWN and i < len(short) and short[i].holds(stretch.span.start)
        out.append(plain(stretch.span, State.UP, None) if ignored else stretch)
    return tuple(joined(out))


def _count(history: Timeline, period: Span) -> int:
    return len(shared(outage_spans(history), [period]))
