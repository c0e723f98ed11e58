"""Rounds as the record keeps them, for who goes over millions of them: their text is read only where it has something new to say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from linewatch.sample.round import Panel, Round
from linewatch.store.rows import outcomes_of, reading_of
from linewatch.verdict.reading import Reading

_PLAIN = re.compile(r"(?:(?:[0-9]+|-)(?: (?:[0-9]+|-))*)?")
_DIGITS = re.compile(r"[0-9]+")

Shape = tuple[int, str]


class KeptRound:
    """A round of the record (verdict/replay.py says what a shape is)."""

    __slots__ = ("_cause", "_letter", "_outcomes", "_panel", "at_us", "shape")

    def __init__(self, at_us: int, letter: str, cause: str | None, panel: Panel, outcomes: str, shape: Shape | None) -> None:
        self.at_us = at_us
        self.shape = shape
        self._letter = letter
        self._cause = cause
        self._panel = panel
        self._outcomes = outcomes

    @property
    def looked(self) -> Round:
        """What it saw."""
        return Round(self.reading.at, self._panel, outcomes_of(self._outcomes))

    @property
    def reading(self) -> Reading:
        """What it was judged to be."""
        return reading_of(self.at_us, self._letter, self._cause)


def kept_rounds(rows: Iterable[Any], panels: Mapping[int, Panel]) -> Iterator[KeptRound]:
    """The rounds of rows of samples (at_us, reading, cause, panel_id, outcomes).

    Only a round that reads good has a shape: what is to be passed over must not be a fault in the record.
    """
    plain, digits = _PLAIN.fullmatch, _DIGITS.sub
    for at_us, letter, cause, panel_id, outcomes in rows:
        shape = (panel_id, digits("1", outcomes)) if letter == "g" and cause is None and plain(outcomes) else None
        yield KeptRound(at_us, letter, cause, panels[panel_id], outcomes, shape)
