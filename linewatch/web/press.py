"""Makes what costs more than a moment: in a thread of its own, one thing at a time, kept for a while, and never more waiting than is bearable."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from linewatch.web.answer import Made


class Busy(Exception):
    """So much is waiting to be made already that nothing more is taken."""


@dataclass(frozen=True, slots=True)
class _Kept:
    made: Made
    until: float


class Press:
    """One thread and what it made last. It belongs to one event loop; a failure of what is made goes to everyone who waits for it."""

    def __init__(self, name: str, *, waiting: int, kept: int, fresh_seconds: float) -> None:
        """At most `waiting` things are under way or in the queue; the `kept` made last are given again for `fresh_seconds`."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting, self._most, self._fresh = waiting, kept, fresh_seconds
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Future[Made]] = {}

    async def made(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `key` stands for: kept, or about to be made for somebody else, or made now. Raises Busy, and what `make` raises."""
        found = self._kept.get(key)
        if found is not None and time.monotonic() < found.until:
            return found.made
        if key not in self._under_way:
            if len(self._under_way) >= self._waiting:
                raise Busy
            future = asyncio.get_running_loop().run_in_executor(self._thread, make)
            self._under_way[key] = future
            future.add_done_callback(lambda done: self._finished(key, done))
        # Shielded: whoever asked first may hang up while others wait for the same thing.
        return await asyncio.shield(self._under_way[key])

    def _finished(self, key: Hashable, done: asyncio.Future[Made]) -> None:
        del self._under_way[key]
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[key] = _Kept(done.result(), time.monotonic() + self._fresh)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def close(self) -> None:
        """Begin nothing more; what is being made is let finish by nobody."""
        self._thread.shutdown(wait=False, cancel_futures=True)
