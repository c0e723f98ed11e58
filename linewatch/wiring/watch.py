"""The daemon put together: sockets, store, cycles, listener, and what each is told of the others."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta

from linewatch.config.loading import Loaded, load
from linewatch.config.services import LineService, Service, services
from linewatch.errors import LinewatchError
from linewatch.metrics.exposition import Exposition
from linewatch.metrics.metrics import Metrics
from linewatch.report.document import Document
from linewatch.sample.event import Event, Happening
from linewatch.sample.round import Round
from linewatch.sla.period import Period
from linewatch.sla.printed import clock_time
from linewatch.span import MICROSECOND, Span
from linewatch.store.opening import open_for_writing
from linewatch.trouble import Trouble
from linewatch.verdict.judge import Memory, line_verdict
from linewatch.verdict.machine import Standing, resumed
from linewatch.verdict.reading import Kind
from linewatch.verdict.rule import Rule
from linewatch.version import __version__
from linewatch.watch.clock import Clock
from linewatch.watch.cycle import Beat, Cycle
from linewatch.watch.daemon import Daemon
from linewatch.watch.ports import Prober
from linewatch.watch.systemd import Notifier
from linewatch.web.application import application
from linewatch.web.board import Board
from linewatch.web.listener import bind, on_loopback
from linewatch.web.openapi import openapi
from linewatch.web.pages import Health, healthz, metrics
from linewatch.web.reports import Reports
from linewatch.web.server import Server
from linewatch.wiring.amiss import Amiss
from linewatch.wiring.figures import FigureChore, indicator_names
from linewatch.wiring.lookout import Lookout
from linewatch.wiring.messenger import Messenger
from linewatch.wiring.office import now, office
from linewatch.wiring.probers import Probers
from linewatch.wiring.reports import sla

log = logging.getLogger("linewatch")

FIGURES_EVERY = timedelta(seconds=15)
PRUNE_EVERY = timedelta(hours=1)
AFTER_CHANGE_SECONDS = 0.5
"""How long the figures wait after a change of state for others that come with it."""

CLOSE_WITHIN_SECONDS = 1.0
REMEMBERED = timedelta(hours=1)
"""How much more than the silence that sets an anchor aside a restarted judge reads again."""

_UNTIL_THE_END = ("store", "web")
"""The tables of a configuration that hold as long as the daemon runs; a reload leaves their changes to the next start."""

HANDED_OVER_AFTER_SECONDS = 0.0005
"""After how long a thread that computes (figures, pages, reports) gives way to the rounds. With Python's 5 ms, each of the several
wake-ups of a round would wait so long while a report is made."""


class Watch:
    """Everything that a running daemon owns. What the host or the store refuses is refused here, before the first round."""

    def __init__(self, loaded: Loaded, verbose: bool = False) -> None:
        """Raises HostError (port, ICMP), StoreError, and leaves nothing open then."""
        self._loaded = loaded
        self._clock = Clock()
        self._metrics = Metrics(__version__)
        self._exposition = Exposition(self._metrics)
        self._lookout = Lookout(self._metrics, self._clock, verbose)
        self._store_errors = 0
        self._figures_amiss = Trouble()
        self._refreshing: asyncio.Task[None] | None = None
        self._changed = False
        with ExitStack() as opened:
            listen = loaded.settings.web.listen
            self._socket = bind(listen.host, listen.port)
            opened.callback(self._socket.close)
            self._probers = Probers()
            opened.callback(self._probers.close)
            chosen = services(loaded.settings)
            probers = [self._probers.prober(service) for service in chosen]
            self._store = open_for_writing(loaded.settings.store.url, spool=loaded.settings.store.spool)
            opened.callback(self._close_store)
            standings = [self._resumed(service) for service in chosen]
            self._cycles = [self._cycle(*each) for each in zip(chosen, probers, standings, strict=True)]
            told = office(loaded)
            self._lookout.expect(list(zip(chosen, probers, strict=True)), [standing for standing, _ in standings], indicator_names(told))
            self._messenger = self._messages(loaded)
            opened.callback(lambda: self._messenger.close())
            self._board = Board(loaded.settings.language, now)
            opened.callback(self._board.close)
            self._reports = Reports(self._report, loaded.settings.timezone, loaded.settings.language, now)
            opened.callback(self._reports.close)
            self._figures = FigureChore(
                loaded.settings.store.url,
                told,
                loaded.settings.timezone,
                self._metrics,
                self._clock,
                self._messenger,
                self._lookout.certificates,
                self._board.show,
            )
            self._opened = opened.pop_all()

    @property
    def address(self) -> str:
        """Where the status page is."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    @property
    def icmp_mode(self) -> str | None:
        """Which kind of ICMP socket is in use: raw, datagram, or None where no line is watched."""
        return self._probers.mode()

    async def run(self) -> None:
        """Watch until told to stop; then keep what is under way and let go of everything."""
        asyncio.get_running_loop().set_exception_handler(Amiss())
        pages = [*self._board.routes, *self._reports.routes, openapi(__version__), healthz(self._health), metrics(self._scrape)]
        web = self._loaded.settings.web
        own_name = on_loopback(self._socket) and not web.behind_proxy  # a proxy passes the name on by which it was asked
        server = Server(application(pages, loopback_only=own_name, password_hash=web.password_hash))
        serving = asyncio.create_task(server.serve(self._socket))
        self._note(Happening.STARTED, version=__version__)
        self._note(Happening.CONFIGURED, sha256=self._loaded.sha256)
        self._messenger.start()
        self._lookout.on_change = self._refresh_soon
        daemon = Daemon(
            self._cycles,
            self._clock,
            Notifier.from_environment(os.environ),
            self._store.note,
            [(self._refresh, FIGURES_EVERY), (self._prune, PRUNE_EVERY)],
            self._reloaded,
            lambda _: self._metrics.count_clock_step(),
        )
        try:
            await daemon.run()
            await server.stop(timedelta(seconds=0.6))
            await serving
            self._note(Happening.STOPPED)
        finally:
            serving.cancel()
            self.close()

    def close(self) -> None:
        """Commit what waits and let go of sockets and store."""
        self._opened.close()

    def _close_store(self) -> None:
        error = self._store.last_error()
        unwritten = self._store.close(CLOSE_WITHIN_SECONDS)
        if unwritten:
            log.error("%d rows could not be written and are lost, their time is unknown: %s", unwritten, error or "the store took too long")

    def _cycle(self, service: Service, prober: Prober, standing: tuple[Standing, Memory]) -> Cycle:
        beat = Beat(service.interval, service.retry_interval, service.timeout)
        is_line = isinstance(service, LineService)
        return Cycle(service.name, is_line, service.rule, beat, prober, self._store, self._lookout, self._clock, *standing)

    def _resumed(self, service: Service) -> tuple[Standing, Memory]:
        """How the service stood when the record ended, and what its judge remembered."""
        self._enrol(service)
        rule, memory = service.rule, Memory()
        tail = self._store.tail(service.name, max(rule.fall, rule.rise) + 1)
        if isinstance(service, LineService) and tail:
            end = tail[-1][0].at + MICROSECOND
            read_again = Span(end - rule.set_aside_after - REMEMBERED, end)
            aside = self._store.aside(service.name, read_again.start)
            memory = remembered(rule, self._store.rounds(service.name, read_again), aside)
        return resumed(rule, self._store.last_transition(service.name), [reading for _, reading in tail]), memory

    def _enrol(self, service: Service) -> None:
        self._store.enrol(service.name, service.kind, service.interval)

    def _reloaded(self, old: Sequence[Cycle]) -> Sequence[Cycle]:
        """Cycles for the new configuration; a service that stays goes on from where it stands, one that stays as it is keeps its cycle."""
        found = load(self._loaded.path)
        running = {key: getattr(self._loaded.settings, key) for key in _UNTIL_THE_END}
        loaded = replace(found, settings=found.settings.model_copy(update=running))
        chosen = services(loaded.settings)
        probers = [self._probers.prober(service) for service in chosen]
        stands = {cycle.service: (cycle.standing, cycle.memory) for cycle in old}
        standings = [stands[service.name] if service.name in stands else self._resumed(service) for service in chosen]
        unchanged = {service.name for service in services(self._loaded.settings) if service in chosen}
        kept = {cycle.service: cycle for cycle in old if cycle.service in unchanged}
        messenger = self._messages(loaded)  # the last that can be refused
        self._messenger.close()
        for cycle in old:
            if cycle.service not in kept:
                cycle.retire()
        for service in chosen:
            self._enrol(service)
        told = office(loaded)
        self._lookout.expect(list(zip(chosen, probers, strict=True)), [standing for standing, _ in standings], indicator_names(told))
        self._messenger = messenger
        self._messenger.start()
        self._board.language = self._reports.language = loaded.settings.language
        self._reports.zone = loaded.settings.timezone
        self._figures.office, self._figures.zone, self._figures.messenger = told, loaded.settings.timezone, messenger
        for key, table in running.items():
            if getattr(found.settings, key) != table:
                log.warning("the change of [%s] takes effect at the next start", key)
        self._loaded = loaded
        self._note(Happening.CONFIGURED, sha256=loaded.sha256)
        return [kept.get(each[0].name) or self._cycle(*each) for each in zip(chosen, probers, standings, strict=True)]

    def _scrape(self, accept: str, accept_encoding: str) -> tuple[bytes, str, str | None]:
        self._metrics.show_queue(self._store.queue_rows())
        errors = self._store.errors()
        self._metrics.count_store_error(errors - self._store_errors)
        self._store_errors = errors
        self._metrics.show_discarded(self._probers.discarded())
        self._metrics.show_waiting(self._messenger.waiting())
        return self._exposition(accept, accept_encoding)

    def _report(self, asked: Period, only: str | None, drawn: bool) -> Document:
        return sla(self._loaded, asked, now(), only, drawn)

    def _health(self) -> Health:
        return self._lookout.health(self._store.last_error(), self._store.queue_rows())

    def _messages(self, loaded: Loaded) -> Messenger:
        made = Messenger(loaded, self._metrics.count_message)
        self._metrics.expect_receivers([table.name for table in loaded.settings.notify])
        return made

    def _refresh_soon(self) -> None:
        """A change of state is worth figures of its own, and a message; several at once are one."""
        self._changed = True
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refreshed())

    async def _refreshed(self) -> None:
        while self._changed:  # another one while the figures were made is not in them
            await asyncio.sleep(AFTER_CHANGE_SECONDS)
            self._changed = False
            await self._refresh()

    async def _refresh(self) -> None:
        """The gauges; where the store cannot be read just now they keep their numbers and their date. What is amiss is said when it is new."""
        try:
            await self._figures()
        except LinewatchError as error:
            if self._figures_amiss.goes_on(str(error), self._clock.monotonic()):
                log.warning("figures missing: %s", error)
            return
        lasted = self._figures_amiss.over(self._clock.monotonic())
        if lasted is not None:
            log.warning("figures are there again, after %s", clock_time(lasted))

    async def _prune(self) -> None:
        """Old samples go; not while the clock is in doubt, for a clock that runs a year ahead would cost a year of samples."""
        if not self._clock.steps:
            self._store.prune(self._clock.now() - self._loaded.settings.store.keep_samples)

    def _note(self, kind: Happening, **data: str) -> None:
        self._store.note(Event(self._clock.now(), kind, None, data))


def remembered(rule: Rule, rounds: Iterable[Round], aside: frozenset[str] = frozenset()) -> Memory:
    """What a judge of these rounds remembers at their end, where the anchors `aside` were set aside before the first of them.

    The window matters to the last rounds alone, and is most of a judge's work: a day of rounds is read over with a window of one. Rounds that
    did not see the line are no part of a window, so those that fill it may lie hours back.
    """
    brief, memory = replace(rule, window=1), Memory(aside=aside)
    late: deque[tuple[Memory, Round, bool]] = deque()
    seen = 0
    for looked in rounds:
        before = memory
        reading, memory, _ = line_verdict(brief, before, looked)
        late.append((before, looked, reading.kind is not Kind.UNMEASURED))
        seen += late[-1][2]
        while seen > rule.window:
            seen -= late.popleft()[2]
    if late:
        memory = late[0][0]
    for _, looked, _ in late:
        _, memory, _ = line_verdict(rule, memory, looked)
    return memory


def run(watch: Watch) -> None:
    """The daemon in the foreground, in an event loop of its own."""
    sys.setswitchinterval(HANDED_OVER_AFTER_SECONDS)
    with suppress(KeyboardInterrupt):
        asyncio.run(watch.run())
