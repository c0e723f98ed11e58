"""Other definitions of availability beside the headline, each with its parameters: so that a contract's own can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from linewatch.sla.availability import Availability, availability
from linewatch.sla.terms import Terms
from linewatch.span import Span, shared
from linewatch.verdict.outage import outage_spans
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, joined, plain

CARRIER_IGNORES = timedelta(minutes=5)
STANDARD = "standard"
NAMES = ("strict", STANDARD, "y1540", "y1540-2011", "carrier")
"""In the order in which reports show them."""

Parameters = Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Profile:
    """One definition: the figures that it gives, how many outages it counts, and its parameters.

    `around_the_clock` are the figures without regard to the service hours; None where the hours are 24x7.
    """

    name: str
    figures: Availability
    outage_count: int
    parameters: Parameters = field(default_factory=dict)
    around_the_clock: Availability | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that needs a history of its own: bad rounds or minutes beside the states."""

    name: str
    history: Timeline
    parameters: Parameters


def profiles(
    history: Timeline,
    period: Span,
    rule: Rule,
    terms: Terms,
    scheduled: Sequence[Span] | None = None,
    excluded: Sequence[Span] = (),
    others: Sequence[Definition] = (),
) -> tuple[Profile, ...]:
    """The rule in force, the carriers' habit of ignoring short outages, and `others`; in the order of NAMES, all over the same hours.

    `scheduled` are the service hours within the period; None where they are 24x7.
    """
    standard = Definition(STANDARD, history, {"fall": rule.fall, "rise": rule.rise, "interval_seconds": rule.interval.total_seconds()})
    carrier = Definition("carrier", without_short_outages(history, CARRIER_IGNORES), {"ignored_below_seconds": CARRIER_IGNORES.total_seconds()})
    told = sorted((standard, carrier, *others), key=lambda definition: NAMES.index(definition.name))

    def profile(each: Definition) -> Profile:
        figures = availability(each.history, period, terms, scheduled, excluded)
        around_the_clock = None if scheduled is None else availability(each.history, period, terms, excluded=excluded)
        return Profile(each.name, figures, _count(each.history, period), each.parameters, around_the_clock)

    in_force = profile(standard)
    return tuple(
        replace(in_force, name=each.name, parameters=each.parameters)
        if each.history == history  # often so, and quickly seen: the stretches are the very same
        else profile(each)
        for each in told
    )


def headline(found: Sequence[Profile], name: str = STANDARD) -> Profile:
    """The profile whose figures stand in front: that of the rule in force, or the one that was asked for."""
    return next(profile for profile in found if profile.name == name)


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
