"""What the rows of the performance table owe each other and the lines that fill some of them in, wherever the rows are written.

Read from plain values, tolerantly, as in agreement.py: what is malformed in itself is passed over here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from linewatch.config.values import Unfit, operator, shown, unit
from linewatch.config.values import weight as read_weight
from linewatch.sla.indicators import Measure
from linewatch.sla.line_rows import NAMES, UNITS, Filled, suffixes

MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One row: how other rows call it, and its keys."""

    called: str
    keys: Mapping[str, Any]


Complaint = tuple[int, str, str]
"""The position of the row, the key, and what is wrong with it."""


def complaints(rows: Sequence[Row], titles: Mapping[str, str]) -> Iterator[Complaint]:
    """Every mistake that shows only where rows are compared with each other, or with the lines, whose `titles` are by name."""
    yield from _names(rows)
    yield from _weights(rows)
    standard = {f"{name}{suffix}": (measure, line) for line, suffix in suffixes(titles).items() for measure, name in NAMES.items()}
    owners: dict[Filled, str] = {}
    for position, row in enumerate(rows):
        found = [*_line(row, titles)]
        yield from ((position, key, words) for key, words in found)
        filled = None if found else _filled(row, titles, standard)
        if filled is None:
            if row.keys.get("source") in ("measured", "contract") and not found:
                yield position, "source", "nothing is measured under this name; a measure is to be given"
            continue
        yield from ((position, key, words) for key, words in _filled_in(row, filled[0]))
        if filled in owners:
            yield position, "measure" if "measure" in row.keys else "name", f"{filled[0]} of {filled[1]} fills {owners[filled]} in already"
        owners.setdefault(filled, row.called)


def _names(rows: Sequence[Row]) -> Iterator[Complaint]:
    owners: dict[str, str] = {}
    for position, row in enumerate(rows):
        name = row.keys.get("name")
        if not isinstance(name, str):
            continue
        if name in owners:
            yield position, "name", f"{shown(name)} is the name of {owners[name]} already"
        owners.setdefault(name, row.called)


def _weights(rows: Sequence[Row]) -> Iterator[Complaint]:
    """At the row that brings the sum over a hundred."""
    whole = Decimal(0)
    for position, row in enumerate(rows):
        weight = row.keys.get("weight")
        try:
            points = read_weight(weight)
        except Unfit:
            continue
        within, whole = whole <= MOST_POINTS, whole + points
        if within and whole > MOST_POINTS:
            yield position, "weight", f"the weights up to here add up to {whole}, more than {MOST_POINTS} points"


def _line(row: Row, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if row.keys.get("measure") not in tuple(NAMES):
        return
    line = row.keys.get("line")
    known = ", ".join(shown(name) for name in titles)
    if line is None and len(titles) > 1:
        yield "measure", f"needs line beside it, for there are several: {known}"
    elif line is None and not titles:
        yield "measure", "there is no [[line]] to measure"
    elif isinstance(line, str) and line not in titles:
        yield "line", f"no [[line]] is named {shown(line)}; {f'there is {known}' if known else 'there is none at all'}"


def _filled(row: Row, titles: Mapping[str, str], standard: Mapping[str, Filled]) -> Filled | None:
    """The measure and the line that fill the row in."""
    measure, name = row.keys.get("measure"), row.keys.get("name")
    if measure in tuple(NAMES):
        return measure, str(row.keys.get("line") or next(iter(titles), ""))
    return standard.get(name) if isinstance(name, str) and measure is None else None


def _filled_in(row: Row, measure: Measure) -> Iterator[tuple[str, str]]:
    """What a row cannot say that linewatch fills in."""
    keys, because = row.keys, "for linewatch fills this row in"
    if _read(unit, keys.get("unit")) not in (None, "", UNITS[measure]):
        yield "unit", f"must be {shown(UNITS[measure])}, {because}, not {shown(keys['unit'])}"
    sign = _read(operator, keys.get("operator"))
    if sign == "qualitative" or (sign == "<=" and measure != "cost"):
        yield "operator", f'must be "=" or ">=", {because}, not {shown(keys["operator"])}'
    if isinstance(keys.get("target"), str):
        yield "target", f"must be a number, {because}, not {shown(keys['target'])}"
    if keys.get("kind") == "定性":
        yield "kind", f'must be "定量", {because}'
    if keys.get("source") in ("survey", "declared"):
        yield "source", f'must be "measured" or "contract", {because}, not {shown(keys["source"])}'


def _read(reader: Callable[[object], str], value: object) -> str | None:
    """What the reader makes of the value; None where it is not fit."""
    try:
        return reader(value)
    except Unfit:
        return None
