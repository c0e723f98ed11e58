"""What goes wrong in the event loop outside everybody's hands, such as a connection that cannot be accepted: a line in the log, now and then."""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import Any

log = logging.getLogger("linewatch")

SILENT_SECONDS = 60.0
"""How long the same is not said again."""


class Amiss:
    """An event loop's exception handler."""

    def __init__(self) -> None:
        self._said_at: dict[str, float] = {}

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log it, without a traceback."""
        error = context.get("exception")
        line = f"{context['message']}: {type(error).__name__}: {error}" if error is not None else str(context["message"])
        now = loop.time()
        if now - self._said_at.get(line, -inf) >= SILENT_SECONDS:
            self._said_at = {said: at for said, at in self._said_at.items() if now - at < SILENT_SECONDS} | {line: now}
            log.error("%s", line)
