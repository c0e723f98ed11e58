"""SVG as text: elements, numbers and the marks that all charts share. What a chart means is the business of the chart."""

from __future__ import annotations

from markupsafe import Markup, escape

WIDTH = 720
"""The width of every chart in its own units: 180 mm on A4, so that a unit is a quarter of a millimetre."""

PAPER, INK, FAINT, RULE = "#fff", "#1a1a1a", "#595959", "#b8b8b8"
UP, DOWN, DEGRADED, UNKNOWN, EXCLUDED = "#2f6b46", "#8f1d1d", "#b35c00", "#6b6b6b", "#24508f"
"""Each at least 4.5 : 1 against the paper (WCAG 2.2, 1.4.3 and 1.4.11); none of them is the only carrier of its meaning."""

GREEN_TINT, YELLOW_TINT, ORANGE_TINT, RUST_TINT, BLUE_TINT, SLATE = "#d9ead9", "#fbe9a9", "#f3bd62", "#e08a4a", "#d3e2f4", "#8aa5bf"
"""Under ink, which has at least 4.5 : 1 against each of the tints."""

DARK = {
    PAPER: "#15181c",
    INK: "#e8eaed",
    FAINT: "#a9aeb6",
    RULE: "#454b54",
    UP: "#5fb583",
    DOWN: "#ff8276",
    DEGRADED: "#f0a54a",
    UNKNOWN: "#9aa0a8",
    EXCLUDED: "#8ab4f8",
    GREEN_TINT: "#1f3d2b",
    YELLOW_TINT: "#4d4210",
    ORANGE_TINT: "#6e4a0c",
    RUST_TINT: "#8a431a",
    BLUE_TINT: "#22426b",
    SLATE: "#5d7f9f",
}
"""What the page's style puts in the place of every colour on a screen that is set to dark, with the same contrasts. A drawing by itself, on paper
and in the PDF is light."""

_FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','SimHei',sans-serif"


def number(value: float) -> str:
    """A coordinate: to a hundredth of a unit, without idle noughts."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value != int(value) else str(int(value))


def element(tag: str, *children: str, **attributes: str | float) -> Markup:
    """An element; in the names of attributes `_` stands for `-`. Children that are not Markup are text, and escaped like every attribute."""
    given = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else number(value))
        for name, value in attributes.items()
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), given, inside) if children else Markup("<{0}{1}/>").format(Markup(tag), given)


def chart(name: str, height: float, title: str, description: str, *children: str) -> Markup:
    """A whole drawing, named and described for those who do not see it; `name` is its id in the page."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        element("defs", hatch(f"{name}-hatch")),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        id=name,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        viewBox=f"0 0 {WIDTH} {number(height)}",
        font_family=_FONTS,
        font_size=11,
        fill=INK,
    )


def hatch(name: str, colour: str = UNKNOWN) -> Markup:
    """The pattern of what is not fully known: slanted lines on paper. Use it as `fill="url(#name)"`."""
    lines = element("path", d="M-1,1 L1,-1 M0,5 L5,0 M4,6 L6,4", stroke=colour, stroke_width=1)
    ground = element("rect", width=5, height=5, fill=PAPER)
    return element("pattern", ground, lines, id=name, width=5, height=5, patternUnits="userSpaceOnUse")


def text(x: float, y: float, content: str, anchor: str = "start", **attributes: str | float) -> Markup:
    """A line of text that begins, is centred or ends at `x`, its baseline at `y`."""
    return element("text", content, x=x, y=y, **({} if anchor == "start" else {"text_anchor": anchor}), **attributes)


def rule(x1: float, y1: float, x2: float, y2: float, colour: str = RULE, **attributes: str | float) -> Markup:
    """A thin straight line."""
    return element("path", d=f"M{number(x1)},{number(y1)} L{number(x2)},{number(y2)}", stroke=colour, stroke_width=0.75, fill="none", **attributes)


def box(x: float, y: float, width: float, height: float, fill: str, *inside: str, **attributes: str | float) -> Markup:
    """A rectangle; what is inside it is a title of its own."""
    return element("rect", *inside, x=x, y=y, width=width, height=height, fill=fill, **attributes)


def axis_break(x: float, y: float, width: float) -> Markup:
    """The mark of an axis, or of a bar, that does not begin at nought: a zigzag across it."""
    steps = max(2, round(width / 4))
    points = [(x + width * i / steps, y + (2 if i % 2 else -2)) for i in range(steps + 1)]
    path = " ".join(f"{'L' if i else 'M'}{number(px)},{number(py)}" for i, (px, py) in enumerate(points))
    return element("g", *(element("path", d=path, fill="none", stroke=colour, stroke_width=wide) for colour, wide in ((PAPER, 4), (INK, 0.75))))
