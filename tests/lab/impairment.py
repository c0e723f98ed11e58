"""What a line can do to a packet, decided by a script and a seed: pure, no socket and no clock.

Every impairment of a place (a link, a direction, a host) is a `Gate` with a random generator of its own, so that the fate of the n-th packet
through it depends on the seed and on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from random import Random
from typing import Any

IPV4_HEADER_BYTES = 20


@dataclass(frozen=True, slots=True)
class Impairment:
    """What happens to the packets of one place from one moment on. Shares are of packets, 0 to 1; the default is a line in good order."""

    cut: bool = False  # nothing passes
    loss: float = 0.0  # this share is lost, each packet by itself
    burst_every_s: float = 0.0  # about so often (0: never) ...
    burst_for_s: float = 0.0  # ... for about so long ...
    burst_loss: float = 1.0  # ... this share is lost
    delay_ms: float = 0.0
    jitter_ms: float = 0.0  # the delay varies by up to so much, both ways, evenly; never below 0
    hold: float = 0.0  # this share is held back by `hold_ms`, so that later packets overtake it
    hold_ms: float = 0.0
    duplicate: float = 0.0  # this share comes twice
    corrupt: float = 0.0  # in this share one bit behind the IP header is turned
    rate_per_s: float = 0.0  # so many packets a second pass (0: all), the others are lost; a burst of one
    max_bytes: int = 0  # longer packets are lost, and nobody says so (0: none): an MTU black hole

    @staticmethod
    def told(table: Mapping[str, Any], scale: float = 1.0) -> Impairment:
        """From a scenario's table; played `scale` times as fast, its times are as many times shorter. Raises ValueError for an unknown key."""
        known = {field.name for field in fields(Impairment)}
        if unknown := set(table) - known:
            raise ValueError(f"no impairment is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
        paced = {name: value / scale for name, value in table.items() if name.endswith(("_ms", "_s")) and name != "rate_per_s"}
        rate = {"rate_per_s": table["rate_per_s"] * scale} if "rate_per_s" in table else {}
        return Impairment(**{**table, **paced, **rate})


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a packet: its copies, each with its delay in seconds (none: it is lost), and in a word what was done to it."""

    word: str
    copies: tuple[tuple[float, bytes], ...] = ()


class Gate:
    """One impairment at work on one place."""

    def __init__(self, impairment: Impairment, seed: str, now_s: float) -> None:
        self._impairment = impairment
        self._random = Random(seed)
        self._bursts = _Bursts(impairment, Random(f"{seed} bursts"), now_s)
        self._next_token_s = now_s

    def fate(self, packet: bytes, now_s: float) -> Fate:
        """What becomes of a packet that comes now (seconds of any clock that only goes forward)."""
        lost = self._lost(packet, now_s)
        return Fate(lost) if lost else self._passed(packet)

    def _lost(self, packet: bytes, now_s: float) -> str | None:
        impairment = self._impairment
        if impairment.cut:
            return "cut"
        if 0 < impairment.max_bytes < len(packet):
            return "large"
        if impairment.rate_per_s and not self._token(now_s):
            return "rate"
        if self._drawn(impairment.loss):
            return "loss"
        if self._bursts.on(now_s) and self._drawn(impairment.burst_loss):
            return "burst"
        return None

    def _passed(self, packet: bytes) -> Fate:
        impairment = self._impairment
        words = []
        if self._drawn(impairment.corrupt):
            packet = self._corrupted(packet)
            words.append("corrupt")
        count = 1
        if self._drawn(impairment.duplicate):
            count = 2
            words.append("duplicate")
        held_ms = 0.0
        if self._drawn(impairment.hold):
            held_ms = impairment.hold_ms
            words.append("hold")
        copies = tuple(((self._delay_ms() + held_ms) / 1000, packet) for _ in range(count))
        return Fate("+".join(words) or "pass", copies)

    def _drawn(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _delay_ms(self) -> float:
        impairment = self._impairment
        if not impairment.jitter_ms:
            return impairment.delay_ms
        return max(0.0, impairment.delay_ms + self._random.uniform(-impairment.jitter_ms, impairment.jitter_ms))

    def _corrupted(self, packet: bytes) -> bytes:
        bit = self._random.randrange(IPV4_HEADER_BYTES * 8, len(packet) * 8)
        turned = bytearray(packet)
        turned[bit // 8] ^= 1 << bit % 8
        return bytes(turned)

    def _token(self, now_s: float) -> bool:
        if now_s < self._next_token_s:
            return False
        self._next_token_s = now_s + 1 / self._impairment.rate_per_s
        return True


class _Bursts:
    """When a line has its fits: quiet times of exponential length, then a fit of half to one and a half times `burst_for_s`."""

    def __init__(self, impairment: Impairment, random: Random, now_s: float) -> None:
        self._impairment = impairment
        self._random = random
        self._is_on = False
        self._until_s = now_s
        if impairment.burst_every_s:
            self._until_s += self._quiet_s()

    def on(self, now_s: float) -> bool:
        if not self._impairment.burst_every_s:
            return False
        while self._until_s <= now_s:
            self._is_on = not self._is_on
            self._until_s += self._impairment.burst_for_s * self._random.uniform(0.5, 1.5) if self._is_on else self._quiet_s()
        return self._is_on

    def _quiet_s(self) -> float:
        return self._random.expovariate(1 / (self._impairment.burst_every_s - self._impairment.burst_for_s))
