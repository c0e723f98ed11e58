"""What linewatch counts about itself and its services, under the names that dashboards and alerts rely on."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import nan
from threading import Lock

from linewatch.metrics import figures as f
from linewatch.metrics.figures import Figures, Period
from linewatch.metrics.series import Choices, Durations, Histograms, Value, Values
from linewatch.metrics.watched import OUTAGE_CAUSES, Watched
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Phases, Result
from linewatch.sample.round import Round
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State

PHASES = {"resolve": "resolve_us", "connect": "connect_us", "tls": "tls_us", "first_byte": "first_byte_us", "transfer": "transfer_us"}
"""The phases of an HTTP exchange, and where an exchange has them."""

MESSAGE_OUTCOMES = ("sent", "failed", "given_up")
"""What comes of a try to send a message; a failed one is tried again."""

DISCARDED = ("late", "duplicate", "foreign", "malformed")
"""Why an ICMP reply is not credited to any round."""


class _Asked:
    """The series of one target of one service, looked up once and not in every round."""

    __slots__ = ("durations", "outcomes")

    def __init__(self, probes: Values, durations: Histograms, service: str, target: str) -> None:
        self.outcomes: dict[Result, Value] = {result: probes.series(service, target, result) for result in Result}
        self.durations: Durations = durations.series(service, target)


class _Service:
    """The series that every round of one service touches."""

    __slots__ = ("asked", "last_round", "phases", "readings")

    def __init__(self, readings: dict[Kind, Value], last_round: Value, asked: dict[str, _Asked], phases: dict[str, Value]) -> None:
        self.readings, self.last_round, self.asked, self.phases = readings, last_round, asked, phases

    def show(self, phases: Phases) -> None:
        """What the last exchange spent on each phase, in seconds."""
        for phase, series in self.phases.items():
            spent_us = getattr(phases, PHASES[phase])
            series.value = nan if spent_us is None else spent_us / 1e6


class Metrics:
    """Every series of one daemon. Nothing is global: two of them share nothing.

    Call `expect` first, and again after a reload. What is told of a service that is not expected is ignored: its last round may still be on
    the road when a reload removes it. The methods named `count_round`, `show_state` and `count_outage` belong to one thread; the others may
    be called from any, and a scrape may run in another.
    """

    def __init__(self, version: str) -> None:
        self._lock = Lock()
        self._services: dict[str, _Service] = {}
        self._state = Choices(
            "linewatch_service_state",
            "1 for the state in which the service stands, 0 for the others.",
            ("service", "state"),
            options=list(State),
            start=State.UNKNOWN,
        )
        self._probes = Values(
            "linewatch_probes_total", "counter", "Looks at one target of a service, by how they ended.", ("service", "target", "outcome")
        )
        self._durations = Histograms("linewatch_probe_duration_seconds", "How long targets took to answer.", ("service", "target"))
        self._rounds = Values("linewatch_rounds_total", "counter", "Rounds of a service, by what they said of it.", ("service", "reading"))
        self._last_round = Values(
            "linewatch_last_round_timestamp_seconds", "gauge", "When the last round of the service was sent. NaN: none yet.", ("service",), start=nan
        )
        self._missed = Values("linewatch_rounds_missed_total", "counter", "Rounds that were due but did not take place.", ("service",))
        self._outages = Values("linewatch_outages_total", "counter", "Confirmed outages since the start, by cause.", ("service", "cause"))
        self._certificates = Values(
            "linewatch_tls_certificate_expiry_timestamp_seconds",
            "gauge",
            "When the certificate that the service showed last expires. NaN: none seen yet.",
            ("service",),
            start=nan,
        )
        self._phases = Values(
            "linewatch_http_phase_seconds",
            "gauge",
            "What the last check of a site spent on each phase. NaN: not reached.",
            ("service", "phase"),
            start=nan,
        )
        self._info = Values(
            "linewatch_service_info",
            "gauge",
            "Always 1; its labels say what a service is and how reports call it.",
            ("service", "kind", "title"),
            start=1,
        )
        self._targets = Values("linewatch_target_ratio", "gauge", "The availability that the terms promise.", ("service",))
        self._required = Values("linewatch_coverage_required_ratio", "gauge", "The coverage under which no target is called met.", ("service",))
        self._intervals = Values("linewatch_interval_seconds", "gauge", "How often the service is looked at.", ("service",))
        self._figures = Figures()
        self._lag = Values("linewatch_round_lag_seconds", "gauge", "How late the latest round started. NaN: none yet.", start=nan)
        self._queue = Values("linewatch_store_queue_rows", "gauge", "Rows that wait to be written to the store.")
        self._store_errors = Values("linewatch_store_errors_total", "counter", "Writes to the store that failed and were tried again.")
        self._clock_steps = Values("linewatch_clock_steps_total", "counter", "Steps of the clock of this host that were noticed.")
        self._discarded = Values(
            "linewatch_icmp_discarded_replies_total", "counter", "ICMP replies that were credited to no round, by reason.", ("reason",)
        )
        self._messages = Values("linewatch_messages_total", "counter", "Messages to a receiver, by what came of each try.", ("receiver", "outcome"))
        self._waiting = Values("linewatch_messages_waiting", "gauge", "Messages that wait to leave.", ("receiver",))
        self._build = Values("linewatch_build_info", "gauge", "Always 1; its labels name the running version.", ("version", "python"), start=1)
        for scalar in (self._lag, self._queue, self._store_errors, self._clock_steps):
            scalar.keep([()])
        self._discarded.keep(product(DISCARDED))
        self._build.keep([(version, platform.python_version())])

    def expect(self, services: Sequence[Watched], indicators: Iterable[str] = ()) -> None:
        """Have the series of exactly these services and indicators: those already there go on, new ones start, the others disappear."""
        with self._lock:
            names = [(service.name,) for service in services]
            asked = [(service.name, target) for service in services for target in dict.fromkeys(service.targets)]
            self._state.keep(names)
            self._probes.keep((*pair, result) for pair in asked for result in Result)
            self._durations.keep(asked)
            self._rounds.keep((*name, kind) for name in names for kind in Kind)
            self._last_round.keep(names)
            self._missed.keep(names)
            self._outages.keep((service.name, cause) for service in services for cause in OUTAGE_CAUSES[service.kind])
            self._certificates.keep((service.name,) for service in services if service.certificate)
            self._phases.keep((service.name, phase) for service in services if service.phased for phase in PHASES)
            self._info.keep((service.name, service.kind, service.title or service.name) for service in services)
            self._targets.keep(names)
            self._required.keep(names)
            self._intervals.keep(names)
            for service in services:
                self._targets.series(service.name).value = service.target
                self._required.series(service.name).value = service.min_coverage
                self._intervals.series(service.name).value = service.interval_seconds
            self._figures.expect(services, indicators)
            self._services = {service.name: self._resolved(service) for service in services}

    def expect_receivers(self, names: Sequence[str]) -> None:
        """Have the series of exactly these receivers of messages."""
        with self._lock:
            self._messages.keep(product(names, MESSAGE_OUTCOMES))
            self._waiting.keep(product(names))

    def count_message(self, receiver: str, outcome: str) -> None:
        """A try to send a message ended so (see MESSAGE_OUTCOMES)."""
        self._add(self._messages.series(receiver, outcome), 1)

    def show_waiting(self, waiting: Mapping[str, int]) -> None:
        """How many messages wait for each receiver."""
        for receiver, count in waiting.items():
            self._waiting.series(receiver).value = count

    def _resolved(self, service: Watched) -> _Service:
        return _Service(
            readings={kind: self._rounds.series(service.name, kind) for kind in Kind},
            last_round=self._last_round.series(service.name),
            asked={target: _Asked(self._probes, self._durations, service.name, target) for target in service.targets},
            phases={phase: self._phases.series(service.name, phase) for phase in PHASES if service.phased},
        )

    def count_round(self, service: str, round_: Round, reading: Reading) -> None:
        """Count one round: each target's outcome, the durations of those that answered, and what the round said of the service."""
        known = self._services.get(service)
        if known is None:
            return
        known.readings[reading.kind].value += 1
        known.last_round.value = round_.at.timestamp()
        for seat, outcome in zip(round_.panel, round_.outcomes, strict=True):
            asked = known.asked.get(seat.label)
            if asked is None:
                asked = known.asked[seat.label] = _Asked(self._probes, self._durations, service, seat.label)
            asked.outcomes[outcome.result].value += 1
            if outcome.rtt_us is not None:
                asked.durations.observe(outcome.rtt_us)
            if outcome.exchange is not None:
                known.show(outcome.exchange.phases)

    def show_state(self, service: str, state: State) -> None:
        """The service stands in `state` now; it stands in UNKNOWN until this is first called."""
        if service in self._services:
            self._state.series(service).chosen = state

    def count_outage(self, service: str, cause: Cause) -> None:
        """An outage of the service was confirmed."""
        if service in self._services:
            self._outages.series(service, cause).value += 1

    def count_missed(self, service: str, n: int = 1) -> None:
        """So many rounds were due and did not take place."""
        if service in self._services:
            self._add(self._missed.series(service), n)

    def show_certificate(self, service: str, expires_at: datetime | None) -> None:
        """When (UTC) the certificate expires that the service showed last; None where it could not be read."""
        if service in self._services:
            self._certificates.series(service).value = nan if expires_at is None else expires_at.timestamp()

    def show_lag(self, seconds: float) -> None:
        """How late the latest round started."""
        self._lag.series().value = float(seconds)

    def show_queue(self, rows: int) -> None:
        """How many rows wait to be written."""
        self._queue.series().value = rows

    def count_store_error(self, n: int = 1) -> None:
        """So many writes to the store failed."""
        self._add(self._store_errors.series(), n)

    def count_clock_step(self) -> None:
        """The host's clock was stepped."""
        self._add(self._clock_steps.series(), 1)

    def show_discarded(self, totals: Mapping[str, int]) -> None:
        """How many ICMP replies were discarded since the start, by reason (see DISCARDED); a reason left out keeps its count."""
        for reason, total in totals.items():
            self._discarded.series(reason).value = total

    def _add(self, series: Value, n: int) -> None:
        with self._lock:
            series.value += n

    def show_figures(
        self,
        service: str,
        period: Period,
        *,
        observed: float | None = None,
        low: float | None = None,
        high: float | None = None,
        coverage: float | None = None,
        downtime_seconds: float | None = None,
        allowed_seconds: float | None = None,
    ) -> None:
        """The report's numbers for the running period, and the downtime that the target leaves for all of it; ratios in 0..1. None: not known.

        They appear with the next `show_as_of`.
        """
        for bound, value in zip(f.BOUNDS, (observed, low, high), strict=True):
            self._figures.stage(f.AVAILABILITY, service, period, bound, value=value)
        self._figures.stage(f.COVERAGE, service, period, value=coverage)
        self._figures.stage(f.DOWNTIME, service, period, value=downtime_seconds)
        self._figures.stage(f.ALLOWED, service, period, value=allowed_seconds)

    def show_service_months(self, service: str, n: int | None) -> None:
        """Served months of the running year; None: not known. They appear with the next `show_as_of`."""
        self._figures.stage(f.MONTHS, service, value=n)

    def show_indicator(self, name: str, actual: float | None, target: float | None) -> None:
        """One row of the performance table. It appears with the next `show_as_of`."""
        self._figures.stage(f.ACTUAL, name, value=actual)
        self._figures.stage(f.TARGET, name, value=target)

    def show_as_of(self, at: datetime) -> None:
        """Publish the figures shown since the last call, all at once: they count up to `at` (UTC), and a report as of `at` has the same numbers."""
        self._figures.publish(at)

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """Every line, as pieces to be joined."""
        for family in (
            self._state,
            self._probes,
            self._durations,
            self._rounds,
            self._last_round,
            self._missed,
            self._outages,
            self._certificates,
            self._phases,
            self._info,
            self._targets,
            self._required,
            self._intervals,
            self._lag,
            self._queue,
            self._store_errors,
            self._clock_steps,
            self._discarded,
            self._messages,
            self._waiting,
            self._build,
        ):
            yield from family.text(openmetrics=openmetrics)
        yield from self._figures.text(openmetrics=openmetrics)
