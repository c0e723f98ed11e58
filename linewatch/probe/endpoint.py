"""One round over an endpoint: its one check, by the kind of its target."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import assert_never

from linewatch.probe.connect import connect
from linewatch.probe.lookup import lookup
from linewatch.sample.outcome import Outcome
from linewatch.sample.round import Panel, Round, Seat
from linewatch.sample.target import DnsTarget, HttpTarget, Role, TcpTarget


class EndpointProber:
    """Looks at one endpoint, from the local address `source` where one is given."""

    def __init__(self, target: HttpTarget | TcpTarget | DnsTarget, timeout: timedelta, source: str | None = None) -> None:
        self._target = target
        self._timeout = timeout
        self._source = source
        self._panel = (Seat(Role.ENDPOINT, str(target)),)

    def panel(self) -> Panel:
        """The endpoint itself."""
        return self._panel

    async def look(self, at: datetime, _quiet: Callable[[], None], /) -> Round:
        """One check, sent now; one that is slow is not yet suspicious."""
        return Round(at, self._panel, (await self._outcome(),))

    async def _outcome(self) -> Outcome:
        match self._target:
            case HttpTarget() as target:
                from linewatch.probe.fetch import fetch  # httpx is slow to import, and a watch of lines alone does not need it

                return await fetch(target, self._timeout, self._source)
            case TcpTarget() as target:
                return await connect(target, self._timeout, self._source)
            case DnsTarget() as target:
                return await lookup(target, self._timeout, self._source)
            case _:
                assert_never(self._target)
