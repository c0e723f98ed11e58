"""The adapters that look: one prober for each configured service, sharing sockets and resolved names."""

from __future__ import annotations

from linewatch.config.services import LineService, Service
from linewatch.probe.endpoint import EndpointProber
from linewatch.probe.icmp import Pinger
from linewatch.probe.line import LineProber, Path
from linewatch.probe.names import Names
from linewatch.watch.ports import Prober


class Probers:
    """Makes probers; ICMP sockets are opened once for each source address and shared."""

    def __init__(self) -> None:
        self._names = Names()
        self._pingers: dict[str | None, Pinger] = {}

    def prober(self, service: Service) -> Prober:
        """The prober of a service. Raises HostError where the host does not permit ICMP and the service needs it."""
        if not isinstance(service, LineService):
            return EndpointProber(service.target, service.timeout, service.source)
        path = Path(service.path.gateway, service.path.next_hop, service.path.anchors, service.path.mtu)
        pinger = self._pinger(service.path.source)
        return LineProber(path, pinger, self._names, service.timeout, service.retry_interval, service.rule.quorum, service.path.source)

    def mode(self) -> str | None:
        """Which kind of ICMP socket the host permits; None where no line is watched."""
        return next((pinger.mode for pinger in self._pingers.values()), None)

    def discarded(self) -> dict[str, int]:
        """How many ICMP replies were credited to nobody, by reason."""
        totals = dict.fromkeys(("late", "duplicate", "foreign", "malformed"), 0)
        for pinger in self._pingers.values():
            for reason in totals:
                totals[reason] += getattr(pinger.counters, reason)
        return totals

    def close(self) -> None:
        """Close the sockets."""
        for pinger in self._pingers.values():
            pinger.close()

    def _pinger(self, source: str | None) -> Pinger:
        if source not in self._pingers:
            pinger = Pinger(source)
            pinger.open()
            self._pingers[source] = pinger
        return self._pingers[source]
