"""The report as an Excel workbook. openpyxl has its one door here.

The same document gives the same bytes: nothing in the file tells the time but the document's own `as_of`. Text from outside is text, never a formula.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import accumulate
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell as Drawn
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from linewatch.report.document import Document
from linewatch.report.harmless import is_formula
from linewatch.report.headline import title
from linewatch.report.method import method
from linewatch.report.sheets import Amount, Cell, Column, Holds, Sheet, sheets
from linewatch.report.table import Table
from linewatch.report.words import Words

FONTS = {"zh": "宋体", "en": "Calibri"}
LINE_POINTS, PADDING_POINTS = 14.0, 5.0
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORMATS = {
    Holds.TEXT: "General",
    Holds.LABEL: "General",
    Holds.NUMBER: "General",
    Holds.DURATION: "[h]:mm:ss",
    Holds.INSTANT: "yyyy\\-mm\\-dd\\ hh:mm:ss",
}
_PLACES = {Holds.TEXT: "left", Holds.LABEL: "center", Holds.NUMBER: "right", Holds.DURATION: "right", Holds.INSTANT: "center"}
_EARLIEST, _LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
"""The years that a zip archive can hold (PKWARE APPNOTE, 4.4.6: an MS-DOS date)."""


def as_xlsx(document: Document, words: Words) -> bytes:
    """The workbook: the two forms, the services, months, outages, exclusions, profiles, and the method statement."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _add_styles(book, FONTS[words.language])
    footer = f"linewatch {document.version} · {document.period.label}"
    for sheet in sheets(document, words):
        drawn = book.create_sheet(sheet.name)
        _draw(drawn, sheet, document.period.zone)
        _set_up_print(drawn, f"{sheet.title} · {document.period.label}", footer)
    drawn = book.create_sheet(words("Method"))
    _draw_method(drawn, document, words)
    _set_up_print(drawn, f"{words('Method')} · {document.period.label}", footer)
    made_at = document.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.creator = f"linewatch {document.version}"
    book.properties.title = f"{title(document, words)} {document.period.label}"
    book.properties.created = book.properties.modified = made_at
    return _packed(book, made_at)


def _packed(book: Workbook, at: datetime) -> bytes:
    """The workbook's file, its entries dated `at`; Workbook.save would put the clock's time into it, here and in the properties."""
    loose, packed = BytesIO(), BytesIO()
    ExcelWriter(book, ZipFile(loose, "w")).save()
    with ZipFile(loose) as entries, ZipFile(packed, "w") as archive:
        for name in entries.namelist():
            entry = ZipInfo(name, min(max(_EARLIEST, at.timetuple()[:6]), _LATEST))
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, entries.read(name))
    return packed.getvalue()


def _add_styles(book: Workbook, font: str) -> None:
    """One style for each thing that a cell can hold, one for headings; what is drawn in thousands is styled once."""
    side = Side(style="thin", color="808080")
    border = Border(side, side, side, side)
    for holds, number_format in _FORMATS.items():
        place = Alignment(_PLACES[holds], "center", wrap_text=True, indent=int(_PLACES[holds] == "left"))  # LibreOffice indents some numbers, not all
        book.add_named_style(NamedStyle(_style(holds), Font(font, 10), border=border, alignment=place, number_format=number_format))
    heading = Alignment(horizontal="center", vertical="center", wrap_text=True)
    fill = PatternFill("solid", "DDE7F3")
    book.add_named_style(NamedStyle("linewatch heading", Font(font, 10, bold=True), fill, border, heading))
    book.add_named_style(NamedStyle("linewatch group", Font(font, 10), border=border, alignment=heading))
    book.add_named_style(NamedStyle("linewatch plain", Font(font, 10), alignment=Alignment(vertical="center", wrap_text=True)))
    book.add_named_style(NamedStyle("linewatch title", Font(font, 12, bold=True), alignment=Alignment(vertical="center")))


def _style(holds: Holds) -> str:
    return f"linewatch {holds.name.lower()}"


def _draw(drawn: Worksheet, sheet: Sheet, zone: ZoneInfo) -> None:
    for number, column in enumerate(sheet.columns, start=1):
        drawn.column_dimensions[get_column_letter(number)].width = column.width
        _put(_cell(drawn, 1, number), column.heading, "linewatch heading")
    for number, row in enumerate(sheet.rows, start=2):
        for index, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _fill(_cell(drawn, number, index + 1), value, column, zone)
    _heighten(drawn, sheet)
    for index in range(sheet.merged):
        _merge(drawn, sheet, index)
    for number, line in enumerate(sheet.closing, start=len(sheet.rows) + 3):
        _paragraph(drawn, number, line, [column.width for column in sheet.columns])
    drawn.freeze_panes = "A2"
    drawn.print_title_rows = "1:1"


def _cell(drawn: Worksheet, row: int, column: int) -> Drawn:
    cell = drawn.cell(row, column)
    assert isinstance(cell, Drawn)  # and not the inside of a merged one
    return cell


def _fill(cell: Drawn, value: Cell, column: Column, zone: ZoneInfo) -> None:
    """A value in the form of its column; what is no such value is text."""
    if isinstance(value, str):
        _put(cell, value, _style(Holds.TEXT if column.holds is Holds.TEXT else Holds.LABEL))
        return
    cell.style = _style(column.holds)
    if isinstance(value, Amount):
        cell.value = value.number
        cell.number_format = _number_format(value)
    elif isinstance(value, datetime):
        cell.value = value.astimezone(zone).replace(tzinfo=None, microsecond=0)
    elif isinstance(value, timedelta):
        cell.value = timedelta(seconds=value // timedelta(seconds=1))


def _number_format(amount: Amount) -> str:
    """As many decimals as the number has: the format neither rounds nor adds anything but the unit."""
    exponent = amount.number.as_tuple().exponent if not isinstance(amount.number, int) else 0
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    unit = amount.unit.replace('"', "").replace("\\", "")[:20]
    return ("0." + "0" * places if places else "0") + (f'"{unit}"' if unit else "")


def _put(cell: Drawn, text: str, style: str) -> None:
    """Text as text, whatever it begins with; it stays so when somebody edits the cell."""
    cell.style = style
    cell.value = _UNPRINTABLE.sub(" ", text)
    if is_formula(text):
        cell.data_type = "s"
        cell.quotePrefix = True


def _merge(drawn: Worksheet, sheet: Sheet, index: int) -> None:
    """Make equal neighbours of a column one cell, as far as the columns before it are equal too."""
    first = 0
    for number in range(1, len(sheet.rows) + 1):
        if number < len(sheet.rows) and sheet.rows[number][: index + 1] == sheet.rows[first][: index + 1]:
            continue
        head = _cell(drawn, first + 2, index + 1)
        _put(head, str(head.value or ""), "linewatch group")
        if number - first > 1:
            _join(drawn, CellRange(min_row=first + 2, max_row=number + 1, min_col=index + 1, max_col=index + 1), "linewatch group")
        first = number


def _join(drawn: Worksheet, area: CellRange, style: str) -> None:
    """Make one cell of several whose first is drawn; openpyxl's own merge_cells takes time with the square of how many there are."""
    for row, column in [*area.cells][1:]:
        drawn.cell(row, column).style = style
    drawn.merged_cells.ranges.add(area)


def _heighten(drawn: Worksheet, sheet: Sheet) -> None:
    """Rows as high as their text needs; a merged cell's text is left out of it, for it has the height of several."""
    for number, row in enumerate((tuple(column.heading for column in sheet.columns), *sheet.rows), start=1):
        texts = [(value, column.width) for value, column in zip(row, sheet.columns, strict=True) if isinstance(value, str)]
        lines = max((_lines(text, width) for text, width in texts[sheet.merged :]), default=1)
        drawn.row_dimensions[number].height = lines * LINE_POINTS + PADDING_POINTS


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column that is so many half-width characters wide."""
    return sum(max(1, -int(-_width(part) // (width - 3))) for part in text.split("\n"))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WFA" else 1 for each in text) if not text.isascii() else len(text)


def _paragraph(drawn: Worksheet, row: int, text: str, widths: list[int], style: str = "linewatch plain") -> None:
    """A line of text across the table."""
    _put(_cell(drawn, row, 1), text, style)
    _join(drawn, CellRange(min_row=row, max_row=row, min_col=1, max_col=len(widths)), style)
    drawn.row_dimensions[row].height = _lines(text, sum(widths)) * LINE_POINTS + PADDING_POINTS


GRID = [11] * 16
"""The columns of the method's sheet: paragraphs go across all of them, a table's columns take as many as they need."""


def _draw_method(drawn: Worksheet, document: Document, words: Words) -> None:
    for number, width in enumerate(GRID, start=1):
        drawn.column_dimensions[get_column_letter(number)].width = width
    row = 1
    for section in method(document, words):
        _paragraph(drawn, row, section.heading, GRID, "linewatch title")
        row += 1
        for text in section.paragraphs:
            _paragraph(drawn, row, text, GRID)
            row += 1
        for table in section.tables:
            row = _draw_table(drawn, row, table)
        row += 1


def _draw_table(drawn: Worksheet, row: int, table: Table) -> int:
    """A table of texts; the row after it."""
    if table.heading:
        _paragraph(drawn, row, table.heading, GRID)
        row += 1
    grid = (tuple(name.removeprefix(">") for name in table.columns), *table.rows)
    places = _places([max(map(_width, column)) for column in zip(*grid, strict=True)])
    for texts in grid:
        lines = 1
        for text, (start, end) in zip(texts, places, strict=True):
            style = "linewatch heading" if texts is grid[0] else _style(Holds.TEXT)
            _put(_cell(drawn, row, start), text, style)
            if end > start:
                _join(drawn, CellRange(min_row=row, max_row=row, min_col=start, max_col=end), style)
            lines = max(lines, _lines(text, sum(GRID[start - 1 : end])))
        drawn.row_dimensions[row].height = lines * LINE_POINTS + PADDING_POINTS
        row += 1
    return row


def _places(needs: list[int]) -> list[tuple[int, int]]:
    """The first and the last column of the grid for each of a table's columns: what is left over goes to the one that is narrowest for its need."""
    takes = [1] * len(needs)
    for _ in range(len(GRID) - len(needs)):
        narrowest = max(range(len(needs)), key=lambda index: (needs[index] + 3) / takes[index])
        takes[narrowest] += 1
    ends = list(accumulate(takes))
    return [(end - take + 1, end) for end, take in zip(ends, takes, strict=True)]


def _set_up_print(drawn: Worksheet, title: str, footer: str) -> None:
    drawn.page_setup.paperSize = drawn.PAPERSIZE_A4
    drawn.page_setup.orientation = drawn.ORIENTATION_LANDSCAPE
    drawn.page_setup.fitToWidth, drawn.page_setup.fitToHeight = 1, 0
    drawn.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    drawn.page_margins.left = drawn.page_margins.right = 0.4
    drawn.page_margins.top, drawn.page_margins.bottom = 0.8, 0.7
    drawn.page_margins.header = drawn.page_margins.footer = 0.35
    drawn.print_options.horizontalCentered = True
    above, below = drawn.oddHeader, drawn.oddFooter
    assert above is not None
    assert below is not None
    above.center.text, below.left.text, below.right.text = title.replace("&", "&&"), footer.replace("&", "&&"), "&P / &N"
