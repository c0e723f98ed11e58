"""Which echoes are under way, and whose reply a reply is. Pure bookkeeping: no socket, no clock, no event loop."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from linewatch.probe import echo
from linewatch.sample.outcome import Outcome, Result

SEQUENCES: Final = 0x10000
REMEMBERED: Final = 4096  # ended echoes, under 2 MB: those of the last rounds, which is what may still come late

Peer = tuple[str, int] | tuple[str, int, int, int]
"""A socket address as the kernel gives it with a packet: `(host, 0)`, or for IPv6 `(host, 0, 0, scope)`."""


@dataclass(slots=True)
class EchoCounters:
    """What came in and was credited to nobody, since the start.

    `late`: a reply to an echo of ours after its time was up. `duplicate`: a second reply to one. `foreign`: a reply or error of which identifier,
    sequence, token and address are not all ours (other programs' pings, forgeries). `malformed`: too short or no ICMP message that we asked for.
    """

    late: int = 0
    duplicate: int = 0
    foreign: int = 0
    malformed: int = 0


class Batch:
    """The echoes of one call: `outcomes[i]` is None until echo i ended; `finish` is called once, when the last one has."""

    __slots__ = ("answered", "finish", "left", "outcomes", "sequences", "timeout_ns")

    def __init__(self, size: int, timeout_ns: int, finish: Callable[[Exception | None], None], answered: Callable[[int], None] | None) -> None:
        self.outcomes: list[Outcome | None] = [None] * size
        self.left = size
        self.timeout_ns = timeout_ns
        self.finish = finish
        self.answered = answered
        self.sequences: list[int] = []

    def settle(self, index: int, outcome: Outcome) -> None:
        """Echo `index` ended so. An error of `answered` is the caller's and goes to the caller; it must not stop the engine."""
        self.outcomes[index] = outcome
        self.left -= 1
        if self.answered is not None and outcome.result is Result.OK:
            try:
                self.answered(index)
            except Exception as error:
                self.finish(error)
        if self.left == 0:
            self.finish(None)


class Echo(NamedTuple):
    """One request under way, `place` being its index in its batch; `sent_ns` is of the monotonic clock."""

    body: bytes
    peer: Peer
    sent_ns: int
    batch: Batch
    place: int


class Flight:
    """All echoes under way by their sequence number, and a bounded memory of those that ended.

    Sequence numbers go round 0 to 65,535 and pass over those that are still under way.
    """

    def __init__(self) -> None:
        self.counters = EchoCounters()
        self._under_way: dict[int, Echo] = {}
        self._ended: OrderedDict[bytes, tuple[Peer, bool]] = OrderedDict()
        self._last = SEQUENCES - 1

    def __len__(self) -> int:
        return len(self._under_way)

    def free_sequence(self) -> int | None:
        """A sequence number that no echo under way has, or None where all 65,536 are taken."""
        under_way = self._under_way
        if len(under_way) >= SEQUENCES:
            return None
        sequence = (self._last + 1) % SEQUENCES
        while sequence in under_way:
            sequence = (sequence + 1) % SEQUENCES
        self._last = sequence
        return sequence

    def launch(self, sequence: int, launched: Echo) -> None:
        """A request was sent; its reply is awaited until its batch is retired."""
        self._under_way[sequence] = launched
        launched.batch.sequences.append(sequence)

    def retire(self, batch: Batch) -> None:
        """A batch ended, in whatever way: its sequence numbers are free again, its echoes remembered for a while."""
        ended = self._ended
        for sequence in batch.sequences:
            landed = self._under_way.pop(sequence)
            ended[landed.body] = (landed.peer, batch.outcomes[landed.place] is not None)
        batch.sequences.clear()
        while len(ended) > REMEMBERED:
            ended.popitem(last=False)

    def reply(self, body: bytes, peer: Peer, now_ns: int, waited_ns: int) -> None:
        """A reply with this body came from `peer`: credit it, or count why not.

        The round-trip time is monotonic, `now_ns - sent_ns`, less the time that the reply waited to be read, `waited_ns`. That wait alone is
        reckoned on the wall clock, so a step of the clock while the reply lies in the queue makes it wrong, even negative. It is held to
        0..(now_ns - sent_ns): no step can make a round-trip time negative, nor longer than the monotonic clock says.
        """
        awaited = self._under_way.get(body[2] << 8 | body[3])
        if awaited is None or awaited.body != body:
            self._stray(body, peer)
        elif awaited.peer != peer:
            self.counters.foreign += 1
        elif awaited.batch.outcomes[awaited.place] is not None:
            self.counters.duplicate += 1
        else:
            elapsed_ns = now_ns - awaited.sent_ns
            rtt_ns = elapsed_ns - min(max(waited_ns, 0), elapsed_ns)
            if rtt_ns > awaited.batch.timeout_ns:
                self.counters.late += 1
            else:
                awaited.batch.settle(awaited.place, Outcome(Result.OK, rtt_ns // 1000))

    def refused(self, refusal: echo.Refusal, outcome: Outcome) -> None:
        """An ICMP error came: it ends the echo that it quotes with `outcome`; after the reply or after its time it changes nothing."""
        body = refusal.body
        awaited = self._under_way.get(body[2] << 8 | body[3]) if len(body) >= 4 else None
        if awaited is not None and awaited.peer[0] == refusal.destination and echo.quotes(body, awaited.body):
            if awaited.batch.outcomes[awaited.place] is None:
                awaited.batch.settle(awaited.place, outcome)
        elif body not in self._ended:
            self.counters.foreign += 1

    def abandon(self, outcome: Outcome) -> None:
        """No reply will be read any more: every echo that has not ended ends with `outcome`."""
        for awaited in list(self._under_way.values()):
            if awaited.batch.outcomes[awaited.place] is None:
                awaited.batch.settle(awaited.place, outcome)

    def _stray(self, body: bytes, peer: Peer) -> None:
        """Count a reply to no echo under way by what the memory of ended ones knows."""
        remembered = self._ended.get(body)
        if remembered is None or remembered[0] != peer:
            self.counters.foreign += 1
        elif remembered[1]:
            self.counters.duplicate += 1
        else:
            self.counters.late += 1
            self._ended[body] = (peer, True)
