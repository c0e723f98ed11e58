"""How a service stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linewatch.report.account import Account
from linewatch.report.history import History
from linewatch.sample.cause import Cause
from linewatch.sample.event import ASIDE, set_aside
from linewatch.span import EPOCH, Span
from linewatch.verdict.outage import Outage, outages
from linewatch.verdict.state import State


@dataclass(frozen=True, slots=True)
class Now:
    """How one service stands: its state and since when, its last round, its last outage (None: none on record), the anchors set aside."""

    name: str
    title: str
    state: State
    cause: Cause | None
    since: datetime | None
    heard_at: datetime | None
    last_outage: Outage | None
    aside: tuple[str, ...]


def now_of(record: History, account: Account, as_of: datetime) -> Now:
    """How the service of this account stands at `as_of`, where the account ends."""
    name, history = account.subject.name, account.history
    past = outages(history, Span(history[0].span.start, as_of)) if history else ()
    last = history[-1] if history and history[-1].span.end == as_of else None
    return Now(
        name=name,
        title=account.subject.title,
        state=last.state if last else State.UNKNOWN,
        cause=last.cause if last else Cause.MONITOR,
        since=last.span.start if last else None,
        heard_at=record.heard_at(name),
        last_outage=past[-1] if past else None,
        aside=tuple(sorted(set_aside(record.events(Span(EPOCH, as_of), ASIDE), name))),
    )
