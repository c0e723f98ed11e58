"""How the rows of the performance table are put into words, for every format alike."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from linewatch.report.words import Words
from linewatch.sla.indicators import Indicator, Total, Value
from linewatch.sla.printed import NOTHING, percent, promised


def value(value: Value | None, words: Words) -> str:
    """A target or an actual value: a measured one is cut off after two places, an entered one stands as it was entered."""
    if value is None:
        return words("not filled in")
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else percent(value / 100)
    return number(value) if isinstance(value, Decimal) else value


def actual(row: Indicator, words: Words) -> str:
    """What came of it; of a qualitative row with its level (达成程度) and its degree of achievement, as far as they were entered."""
    level = row.achieved.value if row.achieved is not None and row.achieved != row.actual else ""
    degree = "" if row.share is None else f"{number(row.share)} %"
    beside = ", ".join(part for part in (level, degree) if part)
    return value(row.actual, words) + (f" ({beside})" if beside else "")


def target(row: Indicator, words: Words) -> str:
    """What was promised: the operator, the target and its unit; of a qualitative row the words alone."""
    if isinstance(row.target, str):
        return row.target
    return " ".join(part for part in (row.operator, aim(row, words), row.unit) if part)


def aim(row: Indicator, words: Words) -> str:
    """The target's value alone, never cut off."""
    if isinstance(row.target, Fraction) and row.target.denominator != 1:
        return promised(row.target / 100)
    return value(row.target, words)


def result(row: Indicator, words: Words) -> str:
    """达标, 未达标, 未证明 or 未填报."""
    return words("not filled in") if row.result == "not_filled_in" else words(row.result)


def weight(row: Indicator) -> str:
    """分值, as it was entered; a dash where it was not."""
    return NOTHING if row.weight is None else number(row.weight)


def score(row: Indicator) -> str:
    """得分, always at two places; a dash where there is none."""
    return NOTHING if row.score is None else f"{row.score:.2f}"


def deviation(row: Indicator, words: Words) -> str:
    """偏差原因分析及改进措施, or that it is demanded and missing; and what else a person has to judge."""
    parts = [row.deviation] if row.deviation else []
    if row.deviation_missing:
        parts.append(words("to be given: the reason for the deviation and what is done about it"))
    if row.flagged:
        parts.append(words("money off its target: for a person to judge"))
    if row.overruled is not None:
        parts.append(f"{words('entered and not used, for linewatch fills this row in')}: {value(row.overruled, words)}")
    return "；".join(parts)


def total_lines(total: Total, words: Words) -> Iterator[str]:
    """The lines under the table: the total or what it lacks, and the cost rows added up."""
    if total.score is not None:
        yield f"{words('Total score')} {total.score:.2f} / {number(total.weight)}"
    elif total.weight:
        yield f"{words('Total score')} {NOTHING} / {number(total.weight)} · {words('lacking')}: {'、'.join(total.lacking)}"
    if total.cost_target is not None:
        yield " · ".join(_cost(total, total.cost_target, words))


def _cost(total: Total, target: Decimal, words: Words) -> Iterator[str]:
    yield f"{words('Cost rows together')} {number(target)} 万元"
    yield f"{words('Actual')} {words('not filled in') if total.cost_actual is None else f'{number(total.cost_actual)} 万元'}"
    if total.budget is not None:
        yield f"{words('Budget')} {number(total.budget)} 万元: {words('agrees') if total.cost_agrees else words('does not agree')}"


def number(value: Decimal) -> str:
    """A decimal number as it was written, without an exponent and without zeros at the end."""
    return f"{value.normalize():f}" if value else "0"
