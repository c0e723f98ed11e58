"""What every format is made of: tables of text, and sections that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, the columns' names (one that begins with `>` holds numbers), and rows of as many texts.

    Without columns the heading is a line of its own.
    """

    heading: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, paragraphs of plain text, and tables after them."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def local(at: datetime, zone: ZoneInfo) -> str:
    """An instant in the contract's zone, cut off to the second, with its offset."""
    return at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
