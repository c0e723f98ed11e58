"""The histories behind the profiles that the state history alone cannot give: from rounds and from minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from linewatch.report.account import Account, Part, whole
from linewatch.report.history import History
from linewatch.sample.cause import Cause
from linewatch.sla.charge import charged
from linewatch.sla.minutes import (
    Y1540,
    Y1540_2011,
    LossCriterion,
    MinuteLoss,
    Range,
    history_of,
    minutes_of,
    rounded_out,
    suspects,
    verdicts,
    whole_blocks,
)
from linewatch.sla.profiles import Definition, Parameters
from linewatch.span import Span, merged, shared
from linewatch.verdict.behind import behind
from linewatch.verdict.lapse import with_doubt, with_lapses
from linewatch.verdict.outage import outage_spans
from linewatch.verdict.rule import Rule, default_stale_after
from linewatch.verdict.state import State
from linewatch.verdict.timeline import Stretch, Timeline, laid_over, nobody_looked, padded_and_next, plain, within


def definitions(record: History, account: Account, span: Span, as_of: datetime) -> tuple[Definition, ...]:
    """The strict account and the two by loss, each over `span` at least, masked by the line and under the terms as the standing account is."""
    return (_strict(record, account, span, as_of), *_by_loss(record, account, span, as_of))


def _strict(record: History, account: Account, span: Span, as_of: datetime) -> Definition:
    subject = account.subject
    farthest = _farthest(account)  # a bad round shortly before the period reaches into it, one shortly after it may have begun in it
    reach = Span(span.start - farthest, max(span.end, min(span.end + farthest, as_of)))
    parameters: Parameters = {"fall": 1, "rise": 1, "over": "standard"}
    pruned = record.pruned_before(subject.name)
    if pruned is not None and pruned > span.start:
        parameters = {**parameters, "rounds_kept_from": f"{pruned:%Y-%m-%dT%H:%M:%SZ}"}
    return Definition("strict", padded_and_next(_strictly_told(record, account, reach, as_of), span), parameters)


def _farthest(account: Account) -> timedelta:
    """How far a round may reach at most: of the other monitors in the account, some may have looked more seldom."""
    return max(_at(account.subject.rule, part).stale_after for part in account.parts)


def _strictly_told(record: History, account: Account, reach: Span, as_of: datetime) -> Timeline:
    subject = account.subject
    parts = [_with_lapses(record, account, part, reach, as_of) for part in account.parts]
    doubtful = list(record.doubtful(subject.name, reach, subject.rule))
    if not doubtful and all(strict is part for strict, part in zip(parts, account.parts, strict=True)):
        return account.history
    looked = merged(stretch.span for stretch in within(account.parts[0].history, reach) if not nobody_looked(stretch))
    # Degraded time that is charged is charged whether or not a round in it was bad.
    uncharged = (State.UP,) if subject.terms.degraded == "down" else (State.UP, State.DEGRADED)
    told = with_doubt(whole(parts), shared(doubtful, looked), Cause.MONITOR, uncharged)
    return charged(behind(told, within(account.line, reach), account.agreed_at) if account.line else told, subject.terms)


def _with_lapses(record: History, account: Account, part: Part, reach: Span, as_of: datetime) -> Part:
    """The part with its bad rounds as DOWN, or the very same where it has none beside its outages; a file of states has no rounds."""
    if part.source is not None and part.source.kind == "states":
        return part
    history = within(part.history, reach)
    rule = _at(account.subject.rule, part)
    found = record.lapses(account.subject.name, reach, outage_spans(history), rule, as_of, part.source.sha256 if part.source else None)
    return Part(part.source, with_lapses(history, found)) if found else part


def _at(rule: Rule, part: Part) -> Rule:
    """The rule at the interval of the other monitor, where it had another."""
    interval = part.source.interval if part.source else None
    return rule if interval is None else replace(rule, interval=interval, stale_after=default_stale_after(interval))


def _by_loss(record: History, account: Account, span: Span, as_of: datetime) -> Sequence[Definition]:
    name, is_line = account.subject.name, account.subject.is_line
    wanted = minutes_of(span, as_of, Y1540_2011.minutes)
    known = record.known_minutes(name, wanted)
    lossy = record.lossy_minutes(name, wanted, Y1540.above)
    blocks = record.losses(name, _minutes_of_blocks(Y1540_2011, lossy, wanted))
    found = [("y1540", Y1540, lossy), ("y1540-2011", Y1540_2011, blocks)]
    return [
        _definition(account, each, criterion, history_of(criterion, known, verdicts(criterion, lost, is_line), wanted))
        for each, criterion, lost in found
    ]


def _minutes_of_blocks(criterion: LossCriterion, lossy: Sequence[MinuteLoss], wanted: Range) -> list[int]:
    """All minutes of the blocks that may be unavailable."""
    return [minute for first in suspects(criterion, lossy) for minute in range(first, min(first + criterion.minutes, wanted[1]))]


def _definition(account: Account, name: str, criterion: LossCriterion, told: Timeline) -> Definition:
    terms = account.subject.terms
    down = outage_spans(told)
    if down and account.line:
        told = behind(told, rounded_out(padded_and_next(account.line, whole_blocks(Span(down[0].start, down[-1].end), criterion)), criterion))
    if told and terms.local_faults == "down":
        # Minutes know no causes: where they know nothing the standing account says whose fault it was.
        told = laid_over(told, within(account.history, Span(told[0].span.start, told[-1].span.end)), _local_fault)
    parameters: Parameters = {"loss_above": float(criterion.above), "window_seconds": criterion.minutes * 60}
    return Definition(name, told, parameters)


def _local_fault(by_loss: Stretch, standing: Stretch) -> Stretch:
    ours = by_loss.state is State.UNKNOWN and standing.state is State.DOWN and standing.cause is Cause.LOCAL
    return plain(standing.span, State.DOWN, Cause.LOCAL) if ours else by_loss  # minutes have no bounds
