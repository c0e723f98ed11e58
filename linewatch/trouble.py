"""What goes on being wrong, so that a log tells of it when it begins, when it has a new reason and when it ends, and not every few seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

MOST_REASONS = 10
"""So many reasons of one trouble are worth telling; a reason that is never the same twice would be told at every try."""

CALM_S = 60.0
"""A patience with what comes and goes."""


@dataclass(slots=True)
class Trouble:
    """One thing that may be wrong. Instants are seconds that only ever go forward.

    It is over once it has been well for `calm_s`; what returns sooner is the same trouble.
    """

    calm_s: float = 0.0
    _began: float | None = None
    _well_since: float | None = None
    _told: set[str] = field(default_factory=set)

    def goes_on(self, reason: str, at: float) -> bool:
        """It is wrong, for this reason; whether that is new and worth a line."""
        self._began = at if self._began is None else self._began
        self._well_since = None
        if reason in self._told or len(self._told) == MOST_REASONS:
            return False
        self._told.add(reason)
        return True

    def over(self, at: float) -> timedelta | None:
        """It is not wrong just now; how long it was, where this is how it ended and worth a line."""
        if self._began is None:
            return None
        self._well_since = at if self._well_since is None else self._well_since
        if at - self._well_since < self.calm_s:
            return None
        lasted = timedelta(seconds=self._well_since - self._began)
        self._began = self._well_since = None
        self._told.clear()
        return lasted
