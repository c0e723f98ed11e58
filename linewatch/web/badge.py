"""A small picture of one service for another page: its state, and the year's figure."""

from __future__ import annotations

from unicodedata import east_asian_width

from markupsafe import Markup

from linewatch.report.overview import ServiceOverview
from linewatch.report.svg import element
from linewatch.report.words import Words
from linewatch.sla.printed import percent
from linewatch.verdict.state import State

TYPE = "image/svg+xml"
HEIGHT = 20
PADDING = 7
FILLS = {State.UP: "#2f6b46", State.DEGRADED: "#8a4500", State.UNKNOWN: "#595959", State.DOWN: "#8f1d1d"}
"""Each at least 4.5 : 1 against the white of the letters."""

_FONTS = "Verdana,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"


def badge(each: ServiceOverview, year: str, words: Words) -> str:
    """The picture: title, state, and the year's availability where there is one."""
    observed = each.year.figures.observed if each.year else None
    told = words(each.now.state) + ("" if observed is None else f" · {year} {percent(observed)} %")
    left, right = _width(each.now.title), _width(told)
    return str(
        element(
            "svg",
            element("title", f"{each.now.title}: {told}"),
            element("rect", width=left, height=HEIGHT, fill="#3b3f45"),
            element("rect", x=left, width=right, height=HEIGHT, fill=FILLS[each.now.state]),
            _text(each.now.title, 0, left),
            _text(told, left, right),
            xmlns="http://www.w3.org/2000/svg",
            width=left + right,
            height=HEIGHT,
            role="img",
            aria_label=f"{each.now.title}: {told}",
            font_family=_FONTS,
            font_size=11,
            fill="#fff",
            text_anchor="middle",
        )
    )


def icon() -> str:
    """The page's own icon: a line that carries on."""
    return str(
        element(
            "svg",
            element("rect", width=32, height=32, rx=6, fill="#1c4e99"),
            element("path", d="M3,17 h7 l3,-8 5,15 3,-7 h8", fill="none", stroke="#fff", stroke_width=3, stroke_linejoin="round"),
            xmlns="http://www.w3.org/2000/svg",
            viewBox="0 0 32 32",
        )
    )


def _text(told: str, x: float, width: float) -> Markup:
    # The reader's fonts differ from ours: told to fill its length, no letter leaves its box.
    return element("text", told, x=x + width / 2, y=14, textLength=width - 2 * PADDING, lengthAdjust="spacingAndGlyphs")


def _width(told: str) -> float:
    """About as wide as the text is, with its padding."""
    return 2 * PADDING + sum(11 if east_asian_width(letter) in "WF" else 6.5 for letter in told)
