"""How tables are drawn: with Rich on a terminal, as aligned plain text in a pipe or a file."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from linewatch.report.as_table import Table


def draw(tables: Iterable[Table]) -> None:
    """Print the tables on standard output."""
    if sys.stdout.isatty():
        _draw_rich(tables)
    else:
        typer.echo(plain(tables), nl=False)


def plain(tables: Iterable[Table]) -> str:
    """The tables as text: columns two blanks apart, a wide character counting as two."""
    lines: list[str] = []
    for table in tables:
        if table.columns and lines:
            lines.append("")
        if table.heading:
            lines.append(table.heading)
        if table.columns:
            lines += _rows(table)
    return "\n".join(lines) + "\n"


def _rows(table: Table) -> list[str]:
    right = [name.startswith(">") for name in table.columns]
    grid = [[name.removeprefix(">") for name in table.columns], *table.rows]
    widths = [max(_width(row[i]) for row in grid) for i in range(len(right))]
    return [_line(row, widths, right) for row in grid]


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = []
    for text, width, is_right in zip(row, widths, right, strict=True):
        gap = " " * (width - _width(text))
        cells.append(gap + text if is_right else text + gap)
    return "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _draw_rich(tables: Iterable[Table]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console()
    for table in tables:
        if not table.columns:
            console.print(Text(table.heading))
            continue
        drawn = Drawn(title=Text(table.heading) if table.heading else None, title_justify="left", box=box.SIMPLE_HEAD)
        for name in table.columns:
            drawn.add_column(Text(name.removeprefix(">")), justify="right" if name.startswith(">") else "left", overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
