"""How tables are drawn: with Rich on a terminal, as aligned plain text in a pipe or a file."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from linewatch.report.table import Table


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
        if not table.columns:
            lines.append(table.heading)
            continue
        if lines and lines[-1]:
            lines.append("")
        if table.heading:
            lines.append(table.heading)
        lines += _rows(table)
    return "\n".join(lines) + "\n"


def _rows(table: Table) -> list[str]:
    right = [name.startswith(">") for name in table.columns]
    grid = [[name.removeprefix(">") for name in table.columns], *table.rows]
    columns = [_column([row[i] for row in grid], is_right) for i, is_right in enumerate(right)]
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _column(texts: Sequence[str], is_right: bool) -> list[str]:
    """The cells of a column, made equally wide."""
    widths = [_width(text) for text in texts]
    widest = max(widths)
    gaps = [" " * (widest - width) for width in widths]
    return [gap + text if is_right else text + gap for text, gap in zip(texts, gaps, strict=True)]


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _draw_rich(tables: Iterable[Table]) -> None:
    from rich.console import Console

    console = Console()
    for table in renderables(tables):
        console.print(table)


def renderables(tables: Iterable[Table]) -> Iterator[RenderableType]:
    """The tables as Rich draws them."""
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    for table in tables:
        if not table.columns:
            yield Text(table.heading)
            continue
        drawn = Drawn(title=Text(table.heading) if table.heading else None, title_justify="left", box=box.SIMPLE_HEAD)
        for name in table.columns:
            drawn.add_column(Text(name.removeprefix(">")), justify="right" if name.startswith(">") else "left", overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        yield drawn
