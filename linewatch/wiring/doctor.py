"""What an expert would ask for first, looked at one after the other, each with a plain verdict: what `linewatch doctor` prints."""

from __future__ import annotations

import ctypes
import platform
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from linewatch.config.loading import Loaded
from linewatch.config.services import LineService, services
from linewatch.errors import HostError, LinewatchError, UsageError
from linewatch.probe.expectation import expects_content
from linewatch.probe.gateway import default_gateway, gateways_in_reserve
from linewatch.probe.icmp import Pinger
from linewatch.report.review import review
from linewatch.sample.target import HttpTarget, Role
from linewatch.sla.period import day_of
from linewatch.sla.printed import clock_time, percent
from linewatch.span import ZERO
from linewatch.store.address import address_of
from linewatch.store.inspection import inspected
from linewatch.verdict.reading import Kind
from linewatch.version import __version__
from linewatch.wiring.looking import Looked, look_once
from linewatch.wiring.office import now, office
from linewatch.wiring.reports import readable
from linewatch.wiring.ways import astray, shared_ways

LEAST_FREE_BYTES = 1 << 30
"""A year of samples of one line with six targets takes about 650 MB."""

HOLIDAYS_AHEAD = timedelta(days=31)
"""How long before they are needed a year's holidays should be known; the State Council announces them some weeks before the year begins."""

_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""The office's proxy (http_proxy) would look for the daemon on its own host."""

_STA_UNSYNC = 0x0040  # include/uapi/linux/timex.h
_TIMEX_WORDS = 64  # larger than struct timex on every architecture
_STATUS_WORD = 5  # after modes, offset, freq, maxerror and esterror


class Grade(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"  # it works, but the evidence may suffer
    FAILING = "failing"  # it does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, and, unless all is well, what to do."""

    subject: str
    grade: Grade
    seen: str
    advice: str = ""


def findings(loaded: Loaded) -> Iterator[Finding]:
    """Every finding, as soon as it is made; a look that fails is a finding too."""
    yield Finding("program", Grade.OK, f"linewatch {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}")
    yield Finding("configuration", Grade.OK, f"{loaded.path}: {len(services(loaded.settings))} services, sha256 {loaded.sha256[:12]}…")
    yield from (_icmp(), _clock(), _route(loaded))
    yield from _ways(loaded)
    yield from _gullible(loaded)
    yield from _probes(loaded)
    yield from _safely("store", lambda: _store(loaded))
    yield _disk(loaded)
    yield _daemon(loaded)
    yield from _safely("coverage today", lambda: _coverage(loaded))
    yield from holidays(loaded, now().astimezone(loaded.settings.timezone).date())


def _safely(subject: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except UsageError as error:
        seen, _, advice = str(error).partition(": ")
        yield Finding(subject, Grade.FAILING, seen, advice)
    except LinewatchError as error:
        yield Finding(subject, Grade.FAILING, str(error), "nothing can be reported until the store can be read")


def _icmp() -> Finding:
    pinger = Pinger()
    try:
        pinger.open()
        return Finding("ICMP", Grade.OK, f"permitted, by {pinger.mode} sockets")
    except HostError as error:
        seen, _, advice = str(error).partition(": ")
        return Finding("ICMP", Grade.FAILING, seen, advice)
    finally:
        pinger.close()


def _clock() -> Finding:
    """What the kernel says of its clock (adjtimex, which chrony, ntpd and systemd-timesyncd keep informed)."""
    words = (ctypes.c_long * _TIMEX_WORDS)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.byref(words)) < 0:
        return Finding("clock", Grade.WARNING, "the kernel does not say whether it is synchronised", "look at timedatectl")
    if ctypes.c_int(words[_STATUS_WORD] & 0xFFFFFFFF).value & _STA_UNSYNC:
        return Finding("clock", Grade.WARNING, "not synchronised", "run chrony or systemd-timesyncd: a clock that is stepped leaves unknown time")
    return Finding("clock", Grade.OK, "synchronised")


def _route(loaded: Loaded) -> Finding:
    found = [gateway for gateway in (default_gateway(4), default_gateway(6)) if gateway]
    if not found and all(line.gateway != "auto" for line in loaded.settings.line):
        return Finding("route", Grade.OK, "no default gateway; every line names its own, or none")
    if not found:
        return Finding("route", Grade.WARNING, "no default gateway", "the line cannot be told from the LAN: set gateway in the configuration")
    reserve = [*gateways_in_reserve(4), *gateways_in_reserve(6)]
    if reserve and any(line.source is None for line in loaded.settings.line):
        return Finding(
            "route",
            Grade.WARNING,
            f"default gateway {', '.join(found)}, in reserve {', '.join(reserve)}",
            "where the first route goes, the line is measured over the other: take that away, or give each line its source address and an `ip rule`",
        )
    return Finding("route", Grade.OK, f"default gateway {', '.join(found)}")


def _ways(loaded: Loaded) -> Iterator[Finding]:
    """The lines that are not measured by the way on which their gateway lies, and those that are measured by one way."""
    lines = [service for service in services(loaded.settings) if isinstance(service, LineService)]
    for way, names in shared_ways({service.name: service.path for service in lines}).items():
        seen = f"these lines leave by the same way, {f'{way.gateway} on ' if way.gateway else ''}{way.interface}"
        yield Finding(
            f"way {', '.join(names)}",
            Grade.WARNING,
            seen,
            "one is measured twice and the other never, unless that gateway tells their source addresses apart: give each its `ip rule` and table, "
            "and the table an `unreachable default metric 4294967295`, so that what is lost from it does not leave by another line",
        )
    for service in lines:
        found = astray(service.path)
        if found is not None:
            seen = f"the gateway {found.gateway} is on {found.interface}, anchors are asked over {', '.join(found.others)}"
            yield Finding(
                f"way {service.name}", Grade.WARNING, seen, "what is measured there (a VPN?) is not the line: give the line its source address"
            )


def _gullible(loaded: Loaded) -> Iterator[Finding]:
    """The endpoints for which any page would do, also one that somebody on the way puts in the place of theirs."""
    for service in services(loaded.settings):
        target = None if isinstance(service, LineService) else service.target
        if isinstance(target, HttpTarget) and target.url.startswith("http:") and not expects_content(target):
            advice = 'whoever is on the way can put a page in its place, as carriers do for arrears: expect = { body = "…" }, or watch it by https'
            yield Finding(f"expectation {service.name}", Grade.WARNING, "without TLS, and any page will do", advice)


def _probes(loaded: Loaded) -> Iterator[Finding]:
    try:
        seen = look_once(loaded)
    except HostError as error:
        yield Finding("probes", Grade.FAILING, str(error), "see ICMP")
        return
    for each in seen:
        failed = [
            f"{seat.target} {outcome.cause}{f' ({outcome.detail})' if outcome.detail else ''}"
            for seat, outcome in zip(each.looked.panel, each.looked.outcomes, strict=True)
            if not outcome.answered
        ]
        asked = len(each.looked.panel)
        if not failed:
            yield Finding(f"probe {each.name}", Grade.OK, f"{asked} of {asked} targets answer")
            continue
        answered = f"{asked - len(failed)} of {asked} targets answer; not: {', '.join(failed)}"
        grade = Grade.WARNING if len(failed) < asked and each.reading.kind in (Kind.GOOD, Kind.DEGRADED) else Grade.FAILING
        yield Finding(f"probe {each.name}", grade, answered, _probe_advice(each))


def _probe_advice(seen: Looked) -> str:
    looks = list(zip(seen.looked.panel, seen.looked.outcomes, strict=True))
    answered = {seat.role for seat, outcome in looks if outcome.answered}
    if Role.ANCHOR in answered and any(seat.role is Role.GATEWAY and not outcome.answered for seat, outcome in looks):
        return (
            "let the gateway answer ICMP echoes, or name a device on the LAN that does: "
            "without one a broken LAN cannot be told from the line, and is charged to it"
        )
    if Role.LARGE in {seat.role for seat, _ in looks} - answered and Role.ANCHOR in answered:
        return (
            "no anchor answers a packet of the line's mtu: set it to what the line carries (PPPoE: 1492), or choose anchors that answer large echoes"
        )
    if Role.ANCHOR in {seat.role for seat, _ in looks} and seen.reading.kind is Kind.BAD:
        return "the line reads down now, too few anchors answer: `linewatch status` says since when, `linewatch check` what each of them says"
    return "try `linewatch check`" + ("; a target that never answers says nothing about the line" if len(looks) > 1 else "")


def _store(loaded: Loaded) -> Iterator[Finding]:
    seen = inspected(loaded.settings.store.url)
    size = f"{seen.bytes / 1e6:.1f} MB" if seen.bytes is not None else "size unknown"
    yield Finding("store", Grade.OK, f"{seen.name}: whole, schema {seen.schema}, {size}")


def _disk(loaded: Loaded) -> Finding:
    folder = next((place for place in (_store_folder(loaded), Path.cwd()) if place is not None and place.is_dir()), Path("/"))
    free = shutil.disk_usage(folder).free
    seen = f"{free / 1e9:.1f} GB free under {folder}"
    if free < LEAST_FREE_BYTES:
        return Finding("disk", Grade.WARNING, seen, "a year of samples of one line takes about 0.65 GB: make room, or shorten store.keep_samples")
    return Finding("disk", Grade.OK, seen)


def _store_folder(loaded: Loaded) -> Path | None:
    file = address_of(loaded.settings.store.url).path
    if file is not None:
        return file.parent
    spool = loaded.settings.store.spool  # the server's own disk cannot be seen from here
    return None if spool is None else next((place for place in (spool, *spool.parents) if place.is_dir()), None)


def _daemon(loaded: Loaded) -> Finding:
    listen = loaded.settings.web.listen
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    try:
        with _DIRECTLY.open(f"http://{host}:{listen.port}/healthz", timeout=3) as answer:
            return Finding("daemon", Grade.OK, f"runs and is well: http://{host}:{listen.port}/ answers {answer.status}")
    except urllib.error.HTTPError as refused:
        if refused.code == 401:
            return Finding("daemon", Grade.OK, f"runs: http://{host}:{listen.port}/ asks for its password")
    except OSError:
        pass  # nobody there
    return Finding(
        "daemon", Grade.WARNING, f"nobody well answers at http://{host}:{listen.port}/healthz", "systemctl status linewatch, or `linewatch run`"
    )


def _coverage(loaded: Loaded) -> Iterator[Finding]:
    as_of = now()
    told = office(loaded)
    today = day_of(as_of, loaded.settings.timezone)
    with readable(loaded.settings.store.url) as record:
        document = review(record, told, today, as_of)
    for service in document.services:
        figures, needed = service.figures, service.subject.terms.min_coverage
        seen = f"{percent(figures.coverage)} % of {clock_time(figures.owed)}, down {clock_time(figures.down)}, unknown {clock_time(figures.unknown)}"
        enough = figures.coverage is None or figures.coverage >= needed
        advice = (
            ""
            if enough
            else f"{today.label} alone would be unproven: `linewatch sla --month {today.label[:7]}` lists the unknown time with its causes"
        )
        grade = Grade.OK if enough else Grade.WARNING
        if service.subject.is_line and figures.owed > timedelta(minutes=5) and figures.measured == ZERO:
            grade, advice = Grade.FAILING, "the line was not measured today at all: is the daemon running?"
        yield Finding(f"coverage today {service.subject.name}", grade, seen, advice)


def holidays(loaded: Loaded, today: date) -> Iterator[Finding]:
    """Whether the calendar of working days knows today and the days ahead; nothing where no service goes by one."""
    calendar = next((subject.hours.calendar for subject in office(loaded).subjects if subject.hours.calendar is not None), None)
    if calendar is None:
        return
    for day, grade in ((today, Grade.FAILING), (today + HOLIDAYS_AHEAD, Grade.WARNING)):
        try:
            calendar.is_workday(day)
        except UsageError as error:
            seen, _, advice = str(error).partition(": ")
            yield Finding("holidays", grade, seen, advice)
            return
    yield Finding("holidays", Grade.OK, f"known to {calendar.name} up to {today + HOLIDAYS_AHEAD} at least")
