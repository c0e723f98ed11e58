"""How figures are printed: never rounded up."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from linewatch.span import ZERO, microseconds

NOTHING = "—"
MOST_PLACES = 12


def percent(ratio: Fraction | None, places: int = 2) -> str:
    """A ratio as a percentage cut off after `places` digits: 0.99996 prints 99.99. Without a sign of its own; a dash where there is no figure."""
    if ratio is None:
        return NOTHING
    cut = ratio * 100 * 10**places // 1
    return f"{cut // 10**places}.{cut % 10**places:0{places}d}" if places else str(cut)


def with_sign(ratio: Fraction | None) -> str:
    """The same with its sign: `99.98 %`; a dash alone where there is no figure."""
    return NOTHING if ratio is None else f"{percent(ratio)} %"


def promised(ratio: Fraction) -> str:
    """A ratio that was agreed, as a percentage with at least two places and as many as it has: 0.99995 prints 99.995.

    What was measured is cut off, what was promised is not: a target that reads lower than it is would make a miss look like a hit.
    """
    places = next((places for places in range(2, MOST_PLACES) if (ratio * 100 * 10**places).denominator == 1), MOST_PLACES)
    return percent(ratio, places)


def exact_seconds(duration: timedelta) -> int | float:
    """Seconds with up to six decimals: a whole number where it is one. Exact as decimal text, since a float of 16 digits holds them."""
    if duration < ZERO:
        return -exact_seconds(-duration)
    whole, rest = divmod(microseconds(duration), 1_000_000)
    return float(f"{whole}.{rest:06d}") if rest else whole


def clock_time(duration: timedelta) -> str:
    """A duration for people, to the second and cut off: `3 d 04:05:06` or `04:05:06`."""
    seconds = microseconds(duration) // 1_000_000
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {text}" if days else text
