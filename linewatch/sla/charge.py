"""What the terms make of a history before it is counted."""

from __future__ import annotations

from linewatch.sample.cause import Cause
from linewatch.sla.terms import Terms
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, relabelled


def charged(history: Timeline, terms: Terms) -> Timeline:
    """The history under the terms: with `local_faults = "down"` this office's own faults are downtime, otherwise they stay unknown."""
    if terms.local_faults != "down":
        return history
    return relabelled(history, lambda stretch: (State.DOWN if _is_ours(stretch) else stretch.state, stretch.cause))


def _is_ours(stretch: Stretch) -> bool:
    return stretch.state is State.UNKNOWN and stretch.cause is Cause.LOCAL
