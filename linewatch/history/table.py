"""A CSV file as rows of named columns, every bad row gathered with its line; what the columns mean is for others to say."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from linewatch.errors import HistoryFileError
from linewatch.history.lines import LONGEST_LINE, TextFile, opened, shown
from linewatch.progress import Progress, untold

MOST_PROBLEMS = 20
_SHOWN = 40


class RefusedError(Exception):
    """What is wrong with one row, and in which column; caught in this package, where it becomes a line of a HistoryFileError."""

    def __init__(self, column: str, fault: str) -> None:
        super().__init__(f"{column}: {fault}")


class Taker(Protocol):
    """What is made of the rows."""

    def take(self, values: Sequence[str]) -> None:
        """One row: its values in the order of the columns that were asked for, stripped, empty where there is none."""

    def close(self) -> None:
        """That was the last one. Both raise RefusedError for a row that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a shape; `needed` of them, the first ones, must be there."""

    names: tuple[str, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A file all of whose rows are good: the SHA-256 of its bytes in hex, and how many rows it has under its header."""

    sha256: str
    rows: int


@dataclass(slots=True)
class _SoFar:
    """How far the reading has come."""

    rows: int = 0
    number: int = 0
    last_good: bool = False
    problems: list[str] = field(default_factory=list)


def quoted(text: str) -> str:
    """What stands in the file, for a person to find it there."""
    return f'"{shown(text, _SHOWN)}"'


def read_table(path: Path, columns: Columns, taker: Taker, progress: Progress = untold) -> Taken:
    """Give every row of the file to `taker`. Blank lines do not count.

    Raises HistoryFileError with one line for each of the first MOST_PROBLEMS bad rows.
    """
    with opened(path, progress) as file:
        if file.size == 0:
            raise HistoryFileError(f"{file.name}: is empty")
        order = _header(file, columns)
        so_far = _SoFar()
        for number, line in file.lines:
            if line is None or line.strip():
                _one(so_far, number, line, columns, order, taker)
            if line is None or len(so_far.problems) > MOST_PROBLEMS:
                break
        if so_far.last_good:
            _guarded(so_far, taker)
        _judge(file.name, so_far)
    return Taken(file.sha256, so_far.rows)


def _judge(name: str, so_far: _SoFar) -> None:
    if so_far.problems:
        lines = [f"{name}:{problem}" for problem in so_far.problems[:MOST_PROBLEMS]]
        more = [f"{name}: has more bad rows than these {MOST_PROBLEMS}"] if len(so_far.problems) > MOST_PROBLEMS else []
        raise HistoryFileError("\n".join(lines + more))
    if not so_far.rows:
        raise HistoryFileError(f"{name}: has no rows under its header")


def _one(so_far: _SoFar, number: int, line: str | None, columns: Columns, order: Sequence[int], taker: Taker) -> None:
    so_far.rows += 1
    so_far.number = number
    so_far.last_good = False
    try:
        taker.take(_values(_cells(line), columns, order))
    except RefusedError as fault:
        so_far.problems.append(f"{number}: {fault}")
    else:
        so_far.last_good = True


def _guarded(so_far: _SoFar, taker: Taker) -> None:
    try:
        taker.close()
    except RefusedError as fault:
        so_far.problems.append(f"{so_far.number}: {fault}")


def _header(file: TextFile, columns: Columns) -> Sequence[int]:
    """Where each column stands in a row; -1 for one that is not there."""
    number, line = next(((number, line) for number, line in file.lines if line is None or line.strip()), (1, ""))
    try:
        found = _cells(line)
        while found and not found[-1]:
            found.pop()
        return _order(found, columns)
    except RefusedError as fault:
        raise HistoryFileError(f"{file.name}:{number}: {fault}") from None


def _order(found: Sequence[str], columns: Columns) -> Sequence[int]:
    wanted = ",".join(columns.names)
    for cell in found:
        if cell not in columns.names:
            raise RefusedError("header", f"must be {wanted}; there is no column {quoted(cell)}")
        if found.count(cell) > 1:
            raise RefusedError("header", f"must be {wanted}; {quoted(cell)} stands there twice")
    for name in columns.names[: columns.needed]:
        if name not in found:
            raise RefusedError("header", f"must be {wanted}; {quoted(name)} is missing")
    return [found.index(name) if name in found else -1 for name in columns.names]


def _cells(line: str | None) -> list[str]:
    if line is None:
        raise RefusedError("line", f"is longer than {LONGEST_LINE} characters")
    if '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error:
        raise RefusedError("line", "has quotation marks that do not match") from None


def _values(cells: list[str], columns: Columns, order: Sequence[int]) -> Sequence[str]:
    """The cells in the order of the columns; empty ones may be missing or too many at the end, as hands and spreadsheets leave them."""
    width = len(order) - order.count(-1)
    if len(cells) > width:
        if any(cells[width:]):
            raise RefusedError("line", f"has {len(cells)} values, the header names {width}")
        del cells[width:]
    elif len(cells) < width:
        for name, place in zip(columns.names[: columns.needed], order, strict=False):
            if place >= len(cells):
                raise RefusedError(name, "is missing")
        cells += [""] * (width - len(cells))
    return [cells[place] if place >= 0 else "" for place in order]
