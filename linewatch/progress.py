"""How long work tells whoever waits for it how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Progress = Callable[[str, float | None], None]
"""Told now and then what is under way and how much of it is done (0 to 1); None where nobody can say how much."""

EVERY = 20_000
"""So many rows are a good time apart: some ten times a second."""

Item = TypeVar("Item")


def untold(_what: str, _done: float | None) -> None:
    """Nobody waits."""


def told(items: Iterable[Item], what: str, progress: Progress, share: Callable[[int, Item], float | None]) -> Iterator[Item]:
    """The same items; of the first and every EVERYth after it `progress` hears the `share` that its place (from 0) and itself make."""
    for number, item in enumerate(items):
        if number % EVERY == 0:
            done = share(number, item)
            progress(what, None if done is None else min(max(done, 0.0), 1.0))
        yield item
