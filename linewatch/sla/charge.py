"""What the terms make of a history before it is counted."""

from __future__ import annotations

from linewatch.sample.cause import Cause
from linewatch.sla.terms import Terms
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Timeline, relabelled


def charged(history: Timeline, terms: Terms) -> Timeline:
    """The history under the terms: with `local_faults = "down"` this office's own faults are downtime, otherwise they stay unknown."""
    if terms.local_faults != "down":
        return history
    return relabelled(history, lambda stretch: (State.DOWN, Cause.LOCAL) if stretch.cause is Cause.LOCAL else (stretch.state, stretch.cause))
