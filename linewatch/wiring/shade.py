"""Which outages are not the endpoint's own, as far as it can be told at once: the live side of `verdict/behind.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from linewatch.sample.cause import Cause
from linewatch.verdict.behind import hidden_by
from linewatch.verdict.state import State

Standing = tuple[State, Cause | None]
NOTHING_KNOWN: Standing = (State.UNKNOWN, Cause.MONITOR)


class Shade:
    """How each service stands, with endpoints that fail behind a line that is down, or hidden by a fault of this office's own.

    Such an endpoint is in the shade, and UNKNOWN, until it is seen bad after the line's return.
    """

    def __init__(self, behind: Mapping[str, str], standings: Mapping[str, Standing]) -> None:
        """`behind` names the line of each endpoint that stands behind one."""
        self._behind = behind
        self._standings = dict(standings)
        self._unseen: set[str] = set()  # lines that nobody has seen since they hid their endpoints
        self._returned_at: dict[str, datetime] = {}
        self._shaded = {name for name, line in behind.items() if self._is_down(name) and self._hides(line)}

    def state(self, service: str) -> State:
        """How it stands."""
        return State.UNKNOWN if service in self._shaded else self.standing(service)[0]

    def changed(self, service: str, state: State, cause: Cause | None, at: datetime) -> set[str]:
        """Its rounds make it stand so since `at`; the services that may stand differently now."""
        hid = self._hides(service)
        self._standings[service] = (state, cause)
        if hid and state is State.UNKNOWN and cause is not Cause.LOCAL:
            self._unseen.add(service)
        else:
            self._unseen.discard(service)
        if hid and not self._hides(service):
            self._returned_at[service] = at
        line = self._behind.get(service)
        if state is not State.DOWN:
            self._shaded.discard(service)
        elif line is not None and self._hides(line):
            self._shaded.add(service)
        hidden = {name for name, its in self._behind.items() if its == service and self._is_down(name)} if self._hides(service) else set()
        self._shaded |= hidden
        return {service} | hidden

    def seen_bad(self, service: str, at: datetime) -> bool:
        """A bad round was sent at `at`: whether that brings the endpoint out of the shade, to stand DOWN by itself."""
        if service not in self._shaded:
            return False
        line = self._behind[service]
        if self._hides(line) or at <= self._returned_at.get(line, at):
            return False
        self._shaded.discard(service)
        return True

    def cause(self, service: str) -> Cause | None:
        """What its rounds say is the matter."""
        return self.standing(service)[1]

    def standing(self, service: str) -> Standing:
        """How its rounds alone make it stand."""
        return self._standings.get(service, NOTHING_KNOWN)

    def _is_down(self, service: str) -> bool:
        return self.standing(service)[0] is State.DOWN

    def _hides(self, line: str) -> bool:
        return line in self._unseen or hidden_by(*self.standing(line)) is not None
