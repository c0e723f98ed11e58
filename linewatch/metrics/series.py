"""Families of series, kept so that counting is an addition and a scrape is a concatenation.

prometheus_client's own instruments and encoders were measured at the size of ten lines and fifty endpoints: 35 ms for the text format and
48 ms for OpenMetrics, with the interpreter's lock held against the rounds. Here the text of a series up to its value is made once.

A family is written by one thread at a time and may be rendered by another meanwhile: the set of its series is an immutable tuple that is
replaced as a whole, and a value is a single attribute.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, Literal, Protocol, TypeVar

from linewatch.metrics.text import Labels, braces, header, number

BOUNDS_US = (100, 300, 1_000, 3_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 2_000_000, 10_000_000)
"""Upper bounds of the duration buckets in microseconds: finest where lines and sites live, and the two default timeouts (2 s, 10 s) at the end."""


class _Series(Protocol):
    def text(self) -> str: ...


class Value:
    """One series: a number that is added to or replaced."""

    __slots__ = ("_prefix", "value")

    def __init__(self, name: str, names: Sequence[str], labels: Labels, start: float) -> None:
        self._prefix = f"{name}{braces(names, labels)} "
        self.value = start

    def text(self) -> str:
        """Its line."""
        return f"{self._prefix}{number(self.value)}\n"


class Durations:
    """One histogram: how long something took, counted by bucket; the sum is kept in whole microseconds and so is exact."""

    __slots__ = ("_buckets", "_count", "_sum", "counts", "sum_us")

    def __init__(self, name: str, names: Sequence[str], labels: Labels) -> None:
        bounds = [*(number(bound / 1e6) for bound in BOUNDS_US), "+Inf"]
        self._buckets = tuple(f"{name}_bucket{braces((*names, 'le'), (*labels, bound))} " for bound in bounds)
        self._count = f"{name}_count{braces(names, labels)} "
        self._sum = f"{name}_sum{braces(names, labels)} "
        self.counts = [0] * len(bounds)
        self.sum_us = 0

    def observe(self, duration_us: int) -> None:
        """Count one duration, in microseconds."""
        self.counts[bisect_left(BOUNDS_US, duration_us)] += 1
        self.sum_us += duration_us

    def text(self) -> str:
        """Its lines: the buckets, each holding those below it too, then count and sum."""
        running = list(accumulate(self.counts))
        buckets = "".join([f"{prefix}{count}\n" for prefix, count in zip(self._buckets, running, strict=True)])
        return f"{buckets}{self._count}{running[-1]}\n{self._sum}{number(self.sum_us / 1e6)}\n"


class Choice:
    """One series for each of several values of the last label, exactly one of which is 1 and the others 0, changed at once."""

    __slots__ = ("_texts", "chosen")

    def __init__(self, name: str, names: Sequence[str], labels: Labels, options: Sequence[str], chosen: str) -> None:
        self._texts = {held: "".join(f"{name}{braces(names, (*labels, option))} {int(option == held)}\n" for option in options) for held in options}
        self.chosen = chosen

    def text(self) -> str:
        """Its lines."""
        return self._texts[self.chosen]


S = TypeVar("S", bound=_Series)


class Family(ABC, Generic[S]):
    """All series of one name. A subclass says how one of them starts."""

    def __init__(self, name: str, kind: Literal["counter", "gauge", "histogram"], text: str, names: Sequence[str]) -> None:
        self.name = name
        self.names = tuple(names)
        self._headers = {form: header(name, kind, text, openmetrics=form) for form in (False, True)}
        self._series: dict[Labels, S] = {}
        self._shown: tuple[S, ...] = ()

    @abstractmethod
    def begun(self, labels: Labels) -> S:
        """A new series with these labels."""

    def keep(self, labels: Iterable[Labels]) -> None:
        """Have exactly these series: those that exist go on counting, the others begin or disappear."""
        self._series = {key: self._series.get(key) or self.begun(key) for key in labels}
        self._shown = tuple(self._series.values())

    def series(self, *labels: str) -> S:
        """The one with these labels, begun where it does not exist yet."""
        found = self._series.get(labels)
        if found is None:
            found = self._series[labels] = self.begun(labels)
            self._shown = (*self._shown, found)
        return found

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """The family's lines; nothing where it has no series."""
        shown = self._shown
        if shown:
            yield self._headers[openmetrics]
            yield from [series.text() for series in shown]


class Values(Family[Value]):
    """A family of counters, which start at 0, or of gauges, which start unknown (NaN) unless told otherwise."""

    def __init__(self, name: str, kind: Literal["counter", "gauge"], text: str, names: Sequence[str] = (), *, start: float = 0) -> None:
        super().__init__(name, kind, text, names)
        self._start = start

    def begun(self, labels: Labels) -> Value:
        """A new series with these labels."""
        return Value(self.name, self.names, labels, self._start)


class Histograms(Family[Durations]):
    """A family of duration histograms, in seconds."""

    def __init__(self, name: str, text: str, names: Sequence[str]) -> None:
        super().__init__(name, "histogram", text, names)

    def begun(self, labels: Labels) -> Durations:
        """A new, empty histogram."""
        return Durations(self.name, self.names, labels)


class Choices(Family[Choice]):
    """A family whose last label takes one of `options` at a time."""

    def __init__(self, name: str, text: str, names: Sequence[str], *, options: Sequence[str], start: str) -> None:
        super().__init__(name, "gauge", text, names)
        self._options, self._start = tuple(options), start

    def begun(self, labels: Labels) -> Choice:
        """A new one, standing at its start."""
        return Choice(self.name, self.names, labels, self._options, self._start)
