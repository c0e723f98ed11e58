"""The small drawing of round-trip times: an hour a step, half of the rounds under its line, 95 of 100 under its shade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from linewatch.report.review import percentiles
from linewatch.report.svg import element, number

WIDTH, HEIGHT = 192, 32
HOUR = timedelta(hours=1)
HOURS = 24

Point = tuple[float, float]


def sparkline(hours: Mapping[datetime, Mapping[int, int]], told: str) -> Markup:
    """The hours (µs: count), to the latest of them at the right; an hour without a round is a gap. `told` says it to those who do not see it."""
    first = max(hours) - (HOURS - 1) * HOUR
    shown = {at: percentiles(counts) for at, counts in hours.items() if at >= first}
    top = max(times["p95"] or 0 for times in shown.values()) or 1
    parts = []
    for run in _runs(sorted(shown)):
        median, most = ([_point(at - first, shown[at][which] or 0, top) for at in run] for which in ("p50", "p95"))
        shade = [*_steps(most), *reversed(_steps([(x, HEIGHT) for x, _ in most]))]
        parts.append(element("polygon", points=_points(shade)))
        parts.append(element("polyline", points=_points(_steps(median))))
    return element("svg", *parts, role="img", aria_label=told, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="spark", preserveAspectRatio="none")


def _runs(hours: Sequence[datetime]) -> list[list[datetime]]:
    """Hours that follow each other without a gap."""
    runs: list[list[datetime]] = []
    for at in hours:
        if runs and at - runs[-1][-1] == HOUR:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _point(since: timedelta, ms: float, top: float) -> Point:
    return since / HOUR * WIDTH / HOURS, HEIGHT - ms / top * (HEIGHT - 2)


def _steps(points: Sequence[Point]) -> list[Point]:
    """Each value held for its hour."""
    return [corner for x, y in points for corner in ((x, y), (x + WIDTH / HOURS, y))]


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{number(round(x, 1))},{number(round(y, 1))}" for x, y in points)
