"""What a gateway's silence is worth: it shows that this office's own side is broken, unless it is what this gateway always does, or chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.verdict.loss import came_back
from linewatch.verdict.rule import Rule

MUTE_AFTER = 20
"""Rounds in a row in which the gateway was silent though something beyond it answered, that make its silence a habit: a minute at 3 s."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What a line's judge remembers of the gateway.

    `mute` says in how many rounds in a row, counted up to MUTE_AFTER, it was silent in the same `manner` (the cause of its look) though something
    beyond it answered. While the anchors are silent, `cleared` counts the rounds in which next hop or gateway answered and so cleared this side,
    `doubts` those in a row since in which neither did.
    """

    mute: int = 0
    manner: Cause | None = None
    cleared: int = 0
    doubts: int = 0

    @property
    def is_settled(self) -> bool:
        """Whether another round of a working line like the last would change nothing here."""
        return self.mute in (0, MUTE_AFTER) and not self.cleared and not self.doubts


def is_excused(rule: Rule, witness: Witness, gateway: Outcome) -> bool:
    """Whether the gateway's silence says nothing of this office's side.

    So it is where it has always been silent in this manner; and where this side was cleared in `fall` rounds of this silence of the anchors already
    and not since been doubted in `fall` in a row: one lost echo, or a gateway that rations its answers, does not end an outage of the line.
    """
    if gateway.result is not Result.LOST:
        return False
    if witness.mute == MUTE_AFTER and gateway.cause is witness.manner:
        return True
    return witness.cleared >= rule.fall and witness.doubts + 1 < rule.fall


def after_answers(witness: Witness, gateway: Outcome | None) -> Witness:
    """The witness after a round in which an anchor answered."""
    return replace(_habit(witness, gateway), cleared=0, doubts=0)


def after_silence(rule: Rule, witness: Witness, next_hop: Outcome | None, gateway: Outcome | None, excused: bool) -> Witness:
    """The witness after a round in which no anchor answered; `excused` where it was bad although the gateway was silent too."""
    if next_hop is not None and came_back(next_hop):
        return replace(_habit(witness, gateway), cleared=witness.cleared + 1, doubts=0)
    if gateway is not None and came_back(gateway):
        return Witness(cleared=witness.cleared + 1)
    if excused:
        return replace(witness, doubts=witness.doubts + 1)
    return Witness(cleared=witness.cleared, doubts=witness.doubts + 1) if witness.doubts + 1 < rule.fall else Witness()


def unseen(witness: Witness) -> Witness:
    """The witness after a hole, or after a round that could not be sent: whether this side is whole has to be shown anew."""
    return replace(witness, cleared=0, doubts=0)


def _habit(witness: Witness, gateway: Outcome | None) -> Witness:
    """After a round in which something beyond the gateway answered."""
    if gateway is None or gateway.result is Result.ERROR:
        return witness
    if came_back(gateway):
        return replace(witness, mute=0, manner=None)
    if gateway.cause is witness.manner:
        return replace(witness, mute=min(witness.mute + 1, MUTE_AFTER))
    return replace(witness, mute=1, manner=gateway.cause)
