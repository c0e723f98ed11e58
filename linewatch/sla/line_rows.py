"""The rows of the performance table that a leased line fills in by itself, and how they meet the rows that the office enters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from linewatch.sla.availability import Availability
from linewatch.sla.indicators import Indicator, Measure, judged
from linewatch.sla.months import Served, ServiceMonth, contract_share, served_count
from linewatch.sla.score import Number
from linewatch.sla.terms import Contract, Terms

NAMES: Mapping[Measure, str] = {
    "service_months": "网络专线服务时间",
    "availability": "网络专线畅通率",
    "term": "网络专线使用时限",
    "cost": "网络专线使用成本",
}
"""The rows that a leased line fills in, by their names in the table and in its order."""

UNITS: Mapping[Measure, str] = {"service_months": "月", "availability": "%", "term": "%", "cost": "万元"}

Filled = tuple[Measure, str]
"""What fills a row in: the measure and the line's name."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A row filled in, and what judges it: whether the value is `proven`, and what it may still come to (None: no more than it is)."""

    row: Indicator
    proven: bool = True
    possible: Number | None = None

    def judged(self) -> Indicator:
        """The row on its own."""
        return judged(self.row, self.proven, self.possible)

    def entered(self, declared: Indicator) -> Indicator:
        """The row as the office entered it, with the value that was measured, judged by the office's target where it gives one."""
        mine = self.row
        row = replace(
            declared,
            level1=declared.level1 or mine.level1,
            level2=declared.level2 or mine.level2,
            operator=declared.operator or mine.operator,
            target=mine.target if declared.target is None else declared.target,
            unit=mine.unit,
            kind=mine.kind,
            actual=mine.actual,
            source=mine.source,
            note="；".join(note for note in (mine.note, declared.note) if note),
            coverage=mine.coverage,
            measure=mine.measure,
            line=mine.line,
            overruled=None if declared.actual == mine.actual else declared.actual,
        )
        return judged(row, self.proven, self.possible)


def line_rows(
    number: int, figures: Availability, months: Sequence[ServiceMonth], terms: Terms, contract: Contract, suffix: str = "", line: str = ""
) -> tuple[LineRow, ...]:
    """The four rows of one leased line for the year `number`; `suffix` tells several lines apart."""
    rows = (_service_months(months), _availability(figures, terms), _term(number, contract), _cost(number, contract))
    return tuple(replace(each, row=replace(each.row, name=f"{each.row.name}{suffix}", line=line)) for each in rows)


def line_indicators(
    number: int, figures: Availability, months: Sequence[ServiceMonth], terms: Terms, contract: Contract, suffix: str = ""
) -> tuple[Indicator, ...]:
    """The same, judged, where the office enters nothing about them."""
    return tuple(each.judged() for each in line_rows(number, figures, months, terms, contract, suffix))


def suffixes(titles: Mapping[str, str]) -> Mapping[str, str]:
    """What the names of each line's rows end in, from the lines' titles by name: nothing where there is one line, else its title.

    Where two lines have one title their names tell them apart.
    """
    if len(titles) == 1:
        return dict.fromkeys(titles, "")
    uses = Counter(titles.values())
    return {name: f"（{title if uses[title] == 1 else name}）" for name, title in titles.items()}


def fills(row: Indicator, lines: Mapping[str, str]) -> Filled | None:
    """What fills a declared row in: what it says, or what its name is. `lines` has every line's name with the suffix of its rows."""
    if row.measure is not None:
        return row.measure, row.line or next(iter(lines), "")
    return next(((measure, line) for line, suffix in lines.items() for measure, name in NAMES.items() if row.name == f"{name}{suffix}"), None)


def table_names(declared: Sequence[Indicator], lines: Mapping[str, str]) -> list[str]:
    """The names of all rows, in the order of the table, before anything is measured."""
    entered = {fills(row, lines) for row in declared}
    unlisted = [f"{name}{suffix}" for line, suffix in lines.items() for measure, name in NAMES.items() if (measure, line) not in entered]
    return unlisted + [row.name for row in declared]


def table(measured: Sequence[LineRow], declared: Sequence[Indicator], lines: Mapping[str, str]) -> tuple[Indicator, ...]:
    """The whole table: the measured rows that the office does not list, then its own rows in its own order.

    A row that is filled in by a line which is not among the `measured` (a report on one service alone) is left out: its value is not known here.
    """
    found: dict[Filled, LineRow] = {(each.row.measure, each.row.line): each for each in measured if each.row.measure is not None}
    entered = [(row, fills(row, lines)) for row in declared]
    listed = {filled for _, filled in entered}
    unlisted = (each.judged() for filled, each in found.items() if filled not in listed)
    return (*unlisted, *_listed(entered, found))


def elsewhere(measured: Sequence[LineRow], declared: Sequence[Indicator], lines: Mapping[str, str]) -> tuple[Indicator, ...]:
    """The rows of the whole table that `table` leaves out, those of lines that are not among the `measured`: as entered, or by their names alone."""
    found = {(each.row.measure, each.row.line) for each in measured}
    entered = [(row, fills(row, lines)) for row in declared]
    listed = {filled for _, filled in entered}
    missing = [(measure, line) for line in lines for measure in NAMES if (measure, line) not in found and (measure, line) not in listed]
    bare = Indicator("", "", "", "", None, "", None, None, "measured")
    return (
        *(replace(bare, name=f"{NAMES[measure]}{lines[line]}", unit=UNITS[measure], measure=measure) for measure, line in missing),
        *(row for row, filled in entered if filled is not None and filled not in found),
    )


def _listed(entered: Sequence[tuple[Indicator, Filled | None]], found: Mapping[Filled, LineRow]) -> Iterator[Indicator]:
    for row, filled in entered:
        if filled is None:
            yield judged(row)
        elif filled in found:
            yield found[filled].entered(row)


def _service_months(months: Sequence[ServiceMonth]) -> LineRow:
    served = served_count(months)
    open_still = sum(month.served in (Served.UNPROVEN, Served.FUTURE) for month in months)
    row = Indicator("产出指标", "数量指标", NAMES["service_months"], "=", Fraction(12), "月", Fraction(served), None, "measured")
    return LineRow(replace(row, measure="service_months"), possible=Fraction(served + open_still))


def _availability(figures: Availability, terms: Terms) -> LineRow:
    actual = None if figures.observed is None else figures.observed * 100
    row = Indicator("产出指标", "质量指标", NAMES["availability"], "=", terms.target * 100, "%", actual, None, "measured")
    proven = figures.coverage is not None and figures.coverage >= terms.min_coverage
    return LineRow(replace(row, measure="availability", coverage=figures.coverage), proven)


def _term(number: int, contract: Contract) -> LineRow:
    """A fact of the contract; without a date in the configuration there is no contract to speak of."""
    known = contract.start is not None or contract.end is not None
    share = contract_share(number, contract) * 100 if known else None
    return LineRow(Indicator("产出指标", "时效指标", NAMES["term"], "=", Fraction(100), "%", share, None, "contract", measure="term"))


def _cost(number: int, contract: Contract) -> LineRow:
    paid = [payment for payment in contract.payments if payment.on.year == number]
    actual = sum((payment.amount for payment in paid), Decimal(0)) if paid else None
    vouchers = "、".join(payment.ref for payment in paid if payment.ref)
    row = Indicator("产出指标", "成本指标", NAMES["cost"], "=", contract.cost, "万元", actual, None, "contract", note=vouchers)
    return LineRow(replace(row, measure="cost"))
