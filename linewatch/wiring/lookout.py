"""Who looks on while the rounds go: the metrics, the log and the health page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from linewatch.config.services import LineService, Service
from linewatch.metrics.metrics import Metrics
from linewatch.metrics.watched import Watched
from linewatch.sample.cause import Cause
from linewatch.sample.round import Round
from linewatch.sample.target import HttpTarget
from linewatch.verdict.machine import Standing, cut_off
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition
from linewatch.watch.clock import Clock
from linewatch.watch.ports import Prober
from linewatch.web.pages import Health
from linewatch.wiring.shade import Shade

log = logging.getLogger("linewatch")

LATE = timedelta(seconds=30)
"""How much longer than its interval and timeout a service may go without a round before the monitor is not well."""


class Lookout:
    """Tells the metrics and the log of rounds and changes, and knows whether the monitor itself is well.

    `certificates` are the ends of those seen last, by service; `on_change` is called with every change of state, on the event loop.
    """

    def __init__(self, metrics: Metrics, clock: Clock, verbose: bool) -> None:
        self._metrics = metrics
        self._clock = clock
        self._verbose = verbose
        self.certificates: dict[str, datetime] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._shade = Shade({}, {})
        self._due: dict[str, float] = {}
        self._patience: dict[str, float] = {}

    def expect(self, services: Sequence[tuple[Service, Prober]], standings: Sequence[Standing], indicators: Sequence[str]) -> None:
        """These services are watched from now on, and stand so."""
        self._metrics.expect([watched(service, prober) for service, prober in services], indicators)
        self._patience = {service.name: (service.interval + service.timeout + LATE).total_seconds() for service, _ in services}
        now = self._clock.monotonic()
        self._due = {name: now + patience for name, patience in self._patience.items()}
        stand = {service.name: standing for (service, _), standing in zip(services, standings, strict=True)}
        behind = {service.name: service.behind for service, _ in services if service.kind == "endpoint" and service.behind is not None}
        self._shade = Shade(behind, {name: (standing.state, standing.cause) for name, standing in stand.items()})
        self._show(stand)
        for service, _ in services:  # nobody has looked since: the first round will say so in the record
            if cut_off(service.rule, stand[service.name], self._clock.now())[1]:
                self._metrics.show_state(service.name, State.UNKNOWN)

    def saw(self, service: str, looked: Round, reading: Reading) -> None:
        """A round was judged."""
        self._metrics.count_round(service, looked, reading)
        for outcome in looked.outcomes:
            if outcome.exchange is not None and outcome.exchange.certificate_expires_at is not None:
                self._metrics.show_certificate(service, outcome.exchange.certificate_expires_at)
                self.certificates[service] = outcome.exchange.certificate_expires_at
        if reading.kind is Kind.BAD and self._shade.seen_bad(service, reading.at):
            self._show([service])
            self._count_outage(service, self._shade.cause(service))
        self._due[service] = self._clock.monotonic() + self._patience.get(service, LATE.total_seconds())
        if self._verbose:
            log.info("round service=%s at=%s reading=%s cause=%s", service, looked.at.isoformat(), reading.kind, reading.cause or "-")

    def changed(self, service: str, transition: Transition) -> None:
        """A change of state is committed."""
        before, _ = self._shade.standing(service)
        self._show(self._shade.changed(service, transition.state, transition.cause, transition.at))
        if self._shade.state(service) is State.DOWN:
            self._count_outage(service, transition.cause)
        self.on_change()
        log.info(
            "state service=%s from=%s to=%s cause=%s at=%s", service, before, transition.state, transition.cause or "-", transition.at.isoformat()
        )

    def _show(self, services: Iterable[str]) -> None:
        for service in services:
            self._metrics.show_state(service, self._shade.state(service))

    def _count_outage(self, service: str, cause: Cause | None) -> None:
        if cause is not None:
            self._metrics.count_outage(service, cause)

    def missed(self, service: str, rounds: int, lag_seconds: float) -> None:
        """A round began late."""
        self._metrics.show_lag(lag_seconds)
        if rounds:
            self._metrics.count_missed(service, rounds)

    def health(self, store_error: str | None, queue_rows: int) -> Health:
        """Whether rounds come and are kept."""
        now = self._clock.monotonic()
        silent = sorted(name for name, due in self._due.items() if due < now)
        facts = {"services": len(self._due), "silent": silent, "store_queue_rows": queue_rows, "store_error": store_error}
        if silent:
            return Health(False, f"no round for too long: {', '.join(silent)}", facts)
        return Health(False, f"the store fails: {store_error}", facts) if store_error else Health(True, facts=facts)


def watched(service: Service, prober: Prober) -> Watched:
    """A service as the metrics see it."""
    targets = tuple(seat.label for seat in prober.panel())
    url = service.target.url if not isinstance(service, LineService) and isinstance(service.target, HttpTarget) else None
    return Watched(
        service.name,
        service.kind,
        targets,
        certificate=url is not None and url.startswith("https:"),
        phased=url is not None,
        title=service.title,
        target=float(service.terms.target),
        min_coverage=float(service.terms.min_coverage),
        interval_seconds=service.interval.total_seconds(),
    )
