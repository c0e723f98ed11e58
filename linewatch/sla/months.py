"""Service months: which calendar months of a year the line served (semantics, section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from linewatch.sla.availability import Availability, availability
from linewatch.sla.period import Period, months_of
from linewatch.sla.terms import Contract, Terms
from linewatch.span import Span, microseconds
from linewatch.verdict.timeline import Timeline


class Served(StrEnum):
    """What a month counts as."""

    OUTSIDE_CONTRACT = "outside_contract"
    FUTURE = "future"
    SERVED = "served"
    NOT_SERVED = "not_served"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    """One month: `label` as 2022-03, its figures up to now (None for a future month), and what it counts as."""

    label: str
    figures: Availability | None
    served: Served
    lived: Fraction  # the share of the month that lies in the past


def service_months(
    history: Timeline,
    number: int,
    period: Period,
    as_of: datetime,
    terms: Terms,
    contract: Contract,
    scheduled: Sequence[Span] | None = None,
    excluded: Sequence[Span] = (),
) -> tuple[ServiceMonth, ...]:
    """The twelve months of the year `number`, in the zone of `period`, as they stand at `as_of`; `scheduled` are the service hours up to then."""
    return tuple(_month(history, each, as_of, terms, contract, scheduled, excluded) for each in months_of(number, period.zone))


def served_count(months: Sequence[ServiceMonth]) -> int:
    """网络专线服务时间: how many months were served."""
    return sum(month.served is Served.SERVED for month in months)


def equivalent_months(months: Sequence[ServiceMonth]) -> Fraction:
    """The sum of the monthly availabilities of the proven months; a running one counts for the share of it that has passed."""
    return sum(
        (
            month.figures.observed * month.lived
            for month in months
            if month.served in (Served.SERVED, Served.NOT_SERVED) and month.figures is not None and month.figures.observed is not None
        ),
        Fraction(0),
    )


def contract_share(number: int, contract: Contract) -> Fraction:
    """网络专线使用时限: the months of the year that lie wholly within the contract's term, of twelve."""
    return Fraction(sum(_in_term(f"{number:04d}-{index:02d}", contract) for index in range(1, 13)), 12)


def _month(
    history: Timeline, month: Period, as_of: datetime, terms: Terms, contract: Contract, scheduled: Sequence[Span] | None, excluded: Sequence[Span]
) -> ServiceMonth:
    if as_of <= month.span.start:
        served = Served.FUTURE if _in_term(month.label, contract) else Served.OUTSIDE_CONTRACT
        return ServiceMonth(month.label, None, served, Fraction(0))
    lived = month.until(as_of)
    figures = availability(history, lived, terms, scheduled, excluded)
    share = Fraction(microseconds(lived.length), microseconds(month.span.length))
    served = _served(figures, share, terms) if _in_term(month.label, contract) else Served.OUTSIDE_CONTRACT
    return ServiceMonth(month.label, figures, served, share)


def _served(figures: Availability, lived: Fraction, terms: Terms) -> Served:
    """A running month has not been served yet: what is still to come is not covered."""
    if figures.observed is None or figures.coverage is None or figures.coverage * lived < terms.month_coverage:
        return Served.UNPROVEN
    return Served.SERVED if figures.observed >= terms.month_availability else Served.NOT_SERVED


def _in_term(label: str, contract: Contract) -> bool:
    """Whether the whole month lies in the term; a term without a bound is open on that side."""
    first = date.fromisoformat(f"{label}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return (contract.start is None or contract.start <= first) and (contract.end is None or contract.end.toordinal() + 1 >= following.toordinal())
