"""The CSV that rows of the performance table may be kept in: UTF-8 with or without a byte-order mark, or GBK (GB 18030), as spreadsheets save it."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from linewatch.config.indicator import IndicatorTable
from linewatch.config.problems import findings
from linewatch.config.rows import Row
from linewatch.config.values import shown, shown_text

LARGEST = 1 << 20

_COLUMNS = {
    "一级指标": "level1",
    "二级指标": "level2",
    "三级指标": "name",
    "指标名称": "name",
    "指标性质": "operator",
    "年度指标值": "target",
    "指标值": "target",
    "度量单位": "unit",
    "计量单位": "unit",
    "单位": "unit",
    "指标属性": "kind",
    "指标内容": "definition",
    "指标解释": "definition",
    "实际完成值": "actual",
    "完成值": "actual",
    "完成比例": "share",
    "达成程度": "achieved",
    "分值": "weight",
    "权重": "weight",
    "偏差原因": "deviation",
    "偏差原因分析": "deviation",
    "偏差原因分析及改进措施": "deviation",
    "未完成原因分析": "deviation",
    "佐证": "evidence",
    "备注": "note",
    "数据来源": "source",
    "in_scope": "source",
    **{key: key for key in IndicatorTable.model_fields},
}
_PASSED_OVER = {"得分", "score", "序号", "是否达标"}
"""Columns of the form that linewatch works out itself."""

_SUMS = {"总分", "合计"}
"""What the last row of the form begins with; it is no indicator."""

_APART = re.compile(r"[;\t；，]")
"""What keeps the cells apart where a spreadsheet does not take commas."""

_NUMBERS = {"target", "actual", "weight", "share"}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_PROMISE = re.compile(r"(?P<operator>>=|<=|=|≥|≤|＝)\s*(?P<target>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[^\s0-9].*)?")
"""A whole target in one cell, as in the self-evaluation form: ≥3000期."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the file: the line that it begins on, and its cells by the keys of an [[indicator]]."""

    line: int
    keys: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IndicatorFile:
    """A file as it was read: its rows, what its columns are called in it, and every mistake by its line (None: of the whole file)."""

    name: str
    content: bytes
    entries: tuple[Entry, ...]
    headings: Mapping[str, str]
    mistakes: tuple[tuple[int | None, str], ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows as they are compared with others."""
        return tuple(Row(f"{self.name}:{entry.line}", entry.keys) for entry in self.entries)

    def tables(self) -> tuple[IndicatorTable, ...]:
        """The rows of a file without a mistake."""
        return tuple(IndicatorTable.model_validate(entry.keys) for entry in self.entries)

    def problems(self, complaints: Sequence[tuple[int, str, str]]) -> list[str]:
        """Every mistake of the file and every complaint about one of its rows, as `<file>:<line>: <column>: <message>`, from top to end."""
        found = list(self.mistakes)
        for position, key, words in [*self._unfit(), *complaints]:
            found.append((self.entries[position].line, f"{self.headings.get(key, key)}: {words}"))
        ordered = sorted(found, key=lambda mistake: mistake[0] or 0)
        return [f"{self.name}{'' if line is None else f':{line}'}: {words}" for line, words in ordered]

    def _unfit(self) -> Iterator[tuple[int, str, str]]:
        """What is wrong with single rows."""
        for position, entry in enumerate(self.entries):
            try:
                IndicatorTable.model_validate(entry.keys)
            except ValidationError as error:
                yield from ((position, str(place[0]), words) for place, words in findings(error))


def read(path: Path, name: str) -> IndicatorFile:
    """The file at `path`, which messages call `name`; mistakes are values, never exceptions."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            return _refused(name, "is not a regular file")  # a pipe would be waited for without an end
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return _refused(name, "there is no such file")
    except IsADirectoryError:
        return _refused(name, "is a folder, not a file")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return _refused(name, f"cannot be read: {(error.strerror if isinstance(error, OSError) else None) or error}")
    if len(content) > LARGEST:
        return _refused(name, f"is larger than {LARGEST >> 20} MiB, so it is no table of indicators", content)
    text = _text(content)
    if text is None:
        return _refused(name, "is neither UTF-8 nor GBK text", content)
    return _parsed(name, content, text)


def _refused(name: str, words: str, content: bytes = b"") -> IndicatorFile:
    return IndicatorFile(name, content, (), {}, ((None, words),))


def _text(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    return None


def _parsed(name: str, content: bytes, text: str) -> IndicatorFile:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((begins, [cell.strip() for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error as error:
        return IndicatorFile(name, content, (), {}, ((begins, f"is not valid CSV: {error}"),))
    if not records:
        return _refused(name, "holds no rows: its first line names the columns", content)
    (first, heading), *rest = records
    if len(heading) == 1 and (apart := _APART.search(heading[0])):
        return IndicatorFile(name, content, (), {}, ((first, f"must be kept apart by commas, not by {shown(apart[0])}: save it as CSV with commas"),))
    keys, mistakes = _heading(heading)
    entries = tuple(_entries(rest, keys))
    found = [(first, words) for words in mistakes]
    found += [(line, f"has {len(cells)} cells, the first line has {len(keys)}") for line, cells in rest if any(cells[len(keys) :])]
    headings = {key: shown_text(cell) for key, cell in zip(keys, heading, strict=True) if key is not None}
    return IndicatorFile(name, content, () if mistakes else entries, headings, tuple(found))


def _heading(cells: Sequence[str]) -> tuple[list[str | None], list[str]]:
    """The key of each column, None where it is passed over; and what is wrong with the first line."""
    keys: list[str | None] = []
    mistakes = []
    for cell in cells:
        key = _COLUMNS.get(cell) or _COLUMNS.get(cell.lower())
        if key is None and cell and cell.lower() not in _PASSED_OVER:
            close = difflib.get_close_matches(cell.lower()[:64], _COLUMNS, n=1)
            mistakes.append(f"{shown(cell)}: unknown column{f'; did you mean {shown(close[0])}?' if close else ''}")
        elif key is not None and key in keys:
            mistakes.append(f"{shown(cell)}: the column {key} is there twice")
        keys.append(key)
    if "name" not in keys and not mistakes:
        mistakes.append("must have a column name (三级指标)")
    return keys, mistakes


def _entries(records: Iterable[tuple[int, Sequence[str]]], keys: Sequence[str | None]) -> Iterator[Entry]:
    """The rows of the table. Of merged cells a spreadsheet saves the first alone: an empty level is that of the row above."""
    level1 = level2 = ""
    for line, cells in records:
        found = {key: cell for key, cell in zip(keys, cells, strict=False) if key is not None and cell}
        if "name" not in found and found.get("level1") in _SUMS:
            continue
        level2 = found.get("level2", "" if "level1" in found else level2)
        level1 = found.get("level1", level1)
        levels = {key: level for key, level in (("level1", level1), ("level2", level2)) if level}
        yield Entry(line, _toml(levels | found))


def _toml(cells: Mapping[str, str]) -> Mapping[str, Any]:
    """The cells as TOML would give them; a whole target in one cell is taken apart where operator and unit have none of their own."""
    whole = _PROMISE.fullmatch(cells.get("target", "")) if "operator" not in cells else None
    if whole is not None and not (whole["unit"] and "unit" in cells):
        cells = {**cells, **{key: part for key, part in whole.groupdict().items() if part}}
    return {key: _number(cell) if key in _NUMBERS else cell for key, cell in cells.items()}


def _number(cell: str) -> int | Decimal | str:
    match = _NUMBER.fullmatch(cell)
    return cell if match is None or len(cell) > 64 else Decimal(cell) if match[1] else int(cell)
