"""The method statement: by which definitions, from which record and with which gaps the figures of a report were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from linewatch.report.document import Document, ServiceReport
from linewatch.report.hours_told import hours_told
from linewatch.report.table import Section, Table, local
from linewatch.report.words import Words, named
from linewatch.sample.event import Event, Happening
from linewatch.sla.printed import NOTHING, clock_time, promised, with_sign
from linewatch.sla.profiles import NAMES, STANDARD
from linewatch.span import ZERO
from linewatch.verdict.rule import Rule
from linewatch.verdict.timeline import Stretch

LONG = timedelta(hours=1)
"""Unknown time that lasts longer is stated one by one."""


def method(document: Document, words: Words) -> tuple[Section, ...]:
    """The statement, section by section, in the order in which a reviewer asks."""
    return (
        _definition(words),
        Section(words("Parameters"), (), (_rules(document, words), _terms(document, words))),
        _hours(document, words),
        Section(
            words("Profiles"),
            tuple(_headline(document, words)),
            (_profiles(document, words),),
        ),
        _coverage(document, words),
        _exclusions(document, words),
        _imports(document, words),
        _watching(document, words),
    )


def _definition(words: Words) -> Section:
    return Section(
        words("Definitions"),
        (
            words("T is the scheduled time, X what the ledger excludes of it, U the unknown time and D the downtime in the rest."),
            words("Availability (observed) = 1 − D / (T − X − U). Gross is the same with nothing excluded."),
            words("Its bounds: low = 1 − (Dmax + U) / (T − X), high = 1 − Dmin / (T − X); Dmin and Dmax are what sampling leaves open of D."),
            words("Coverage = (T − X − U) / (T − X): the share that was measured. Where nothing was measured there is no figure."),
            words("Not met: observed < target. Met: observed ≥ target and coverage ≥ the least coverage. Otherwise unproven; on unrounded values."),
            words("An outage runs from the first of `fall` bad rounds in a row to the first of `rise` good ones."),
            words("Time that nobody measured is unknown, neither up nor down. An outage of the line is not charged again to what stands behind it."),
            words("Figures come from seconds, never from means of months. Percentages are cut off, never rounded up: 100.00 only where D = 0."),
        ),
    )


def _rules(document: Document, words: Words) -> Table:
    columns = named(words, "Service", ">Interval", ">Stale after", ">fall", ">rise", ">quorum", "Degraded where", "Behind")
    rows = tuple(
        (
            service.subject.title,
            _seconds(rule.interval),
            _seconds(rule.stale_after),
            str(rule.fall),
            str(rule.rise),
            str(rule.quorum) if service.subject.is_line else NOTHING,
            _degraded(rule, words) if service.subject.is_line else NOTHING,
            service.subject.behind or NOTHING,
        )
        for service in document.services
        for rule in (service.subject.rule,)
    )
    return Table(words("How rounds become states"), columns, rows)


def _degraded(rule: Rule, words: Words) -> str:
    loss = words("over {window} rounds: loss > {loss} %").format(window=rule.window, loss=f"{rule.degraded_loss * 100:g}")
    return loss if rule.degraded_rtt is None else f"{loss}, {words('round trip')} > {rule.degraded_rtt.total_seconds() * 1000:g} ms"


def _terms(document: Document, words: Words) -> Table:
    columns = named(
        words,
        "Service",
        ">Target %",
        ">Least coverage %",
        ">Month served from %",
        ">with coverage from %",
        "Degraded counts as",
        "Local faults count as",
    )
    rows = tuple(
        (
            service.subject.title,
            *(promised(ratio) for ratio in (terms.target, terms.min_coverage, terms.month_availability, terms.month_coverage)),
            words(terms.degraded),
            words(terms.local_faults),
        )
        for service in document.services
        for terms in (service.subject.terms,)
    )
    return Table(words("How states are judged"), columns, rows)


def _hours(document: Document, words: Words) -> Section:
    zone = words("Days, months and years begin in the time zone {zone}.").format(zone=document.period.zone.key)
    rows = tuple(
        (
            service.subject.title,
            hours_told(service.subject.hours, words),
            service.subject.hours.calendar.name if service.subject.hours.calendar else NOTHING,
            clock_time(service.figures.scheduled),
        )
        for service in document.services
    )
    return Section(words("Service hours"), (zone,), (Table("", named(words, "Service", "Service hours", "Calendar", ">Scheduled"), rows),))


def _headline(document: Document, words: Words) -> Iterator[str]:
    yield words("The headline is `{profile}`. The others are other definitions of the same period, for comparison.").format(profile=document.profile)
    if document.profile != STANDARD:
        yield words("Outages, months and the performance table are those of the rule in force, `standard`.")


def _profiles(document: Document, words: Words) -> Table:
    found: dict[tuple[str, str], list[str]] = {}
    for service in document.services:
        for profile in service.profiles:
            found.setdefault((profile.name, parameters(profile.parameters)), []).append(service.subject.title)
    ordered = sorted(found.items(), key=lambda each: NAMES.index(each[0][0]))
    rows = tuple((name, _meaning(name, words), given, words(", ").join(titles)) for (name, given), titles in ordered)
    return Table("", named(words, "Profile", "Definition", "Parameters", "Service"), rows)


def parameters(given: Mapping[str, int | float | str]) -> str:
    """The parameters of a profile, as they are printed."""
    return ", ".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in given.items())


def _meaning(profile: str, words: Words) -> str:
    meanings = {
        "strict": words("every bad round counts as downtime"),
        "standard": words("the rule in force"),
        "carrier": words("shorter outages count as up, as in many carriers' contracts"),
        "y1540": words("a minute is down where its loss passes the threshold (after ITU-T Y.1540)"),
        "y1540-2011": words("a block of minutes is down where its loss passes the threshold (after ITU-T Y.1540, older edition)"),
    }
    return meanings.get(profile, profile)


def _coverage(document: Document, words: Words) -> Section:
    paragraphs = []
    rows = []
    for service in document.services:
        runs = list(_runs(service))
        long = [run for run in runs if _length(run) > LONG]
        short = [run for run in runs if _length(run) <= LONG]
        paragraphs.append(
            words("{service}: coverage {coverage}, {long} unknown stretches over an hour, {short} shorter ones of {time} together.").format(
                service=service.subject.title,
                coverage=with_sign(service.figures.coverage),
                long=len(long),
                short=len(short),
                time=clock_time(sum((_length(run) for run in short), ZERO)),
            )
        )
        rows += [_unknown(service, stretch, document, words) for run in long for stretch in run]
    columns = named(words, "Service", "Start", "End", ">Duration", "Cause")
    tables = (Table(words("Unknown stretches over an hour"), columns, tuple(rows)),) if rows else ()
    return Section(words("Coverage"), tuple(paragraphs), tables)


def _runs(service: ServiceReport) -> Iterator[list[Stretch]]:
    """The unknown time of a service in stretches that follow one another without a gap, whatever their causes."""
    run: list[Stretch] = []
    for stretch in service.unknown:
        if run and run[-1].span.end != stretch.span.start:
            yield run
            run = []
        run.append(stretch)
    if run:
        yield run


def _length(run: list[Stretch]) -> timedelta:
    return run[-1].span.end - run[0].span.start


def _unknown(service: ServiceReport, stretch: Stretch, document: Document, words: Words) -> tuple[str, ...]:
    zone = document.period.zone
    cause = words(stretch.cause) if stretch.cause else NOTHING
    return (service.subject.title, local(stretch.span.start, zone), local(stretch.span.end, zone), clock_time(stretch.span.length), cause)


def _exclusions(document: Document, words: Words) -> Section:
    policy = words("Exclusions stand in an append-only ledger: nothing is edited or deleted, taking one back is another entry. Overlaps count once.")
    beside = words("Each is listed with the scheduled time that it removed, and the gross figures stand beside the adjusted ones.")
    return Section(words("Exclusions"), (policy, beside, *(_left_out(service, words) for service in document.services if service.exclusions)))


def _left_out(service: ServiceReport, words: Words) -> str:
    return words("{service}: exclusions {count}, together {time}; gross {gross}, adjusted {adjusted}.").format(
        service=service.subject.title,
        count=len(service.exclusions),
        time=clock_time(service.figures.excluded),
        gross=with_sign(service.figures.gross),
        adjusted=with_sign(service.figures.observed),
    )


def _imports(document: Document, words: Words) -> Section:
    zone = document.period.zone
    columns = named(
        words, "Service", "File", "Kind", ">Rows", "First row", "Last row", "Imported at", ">Measured here instead", ">Told before", "SHA-256"
    )
    rows = tuple(
        (
            service.subject.title,
            source.name,
            words("samples") if source.kind == "samples" else words("states"),
            str(source.rows),
            local(source.first_at, zone),
            local(source.last_at, zone),
            local(source.imported_at, zone),
            clock_time(each.overlapped),
            clock_time(each.told_before),
            source.sha256,
        )
        for service in document.services
        for each in service.imported
        for source in (each.source,)
    )
    if not rows:
        return Section(words("Imported history"), (words("None: every figure rests on this monitor's own record."),))
    told = words("Where a file overlaps what was measured here, the measurement stands. Imported states carry no sampling uncertainty.")
    before = words("Where files overlap, the one that was imported first stands; `told before` is the time of the later one that does not count.")
    return Section(words("Imported history"), (told, before), (Table("", columns, rows),))


def _watching(document: Document, words: Words) -> Section:
    events = document.events
    zone = document.period.zone
    software = words("Made by linewatch {version}, counted up to {at}, with the ledger as it stood then.").format(
        version=document.version, at=local(document.as_of, zone)
    )
    configuration = words("The configuration of this report has the SHA-256 {sha256}.").format(sha256=document.config_sha256)
    starts, stops = (sum(event.kind is kind and document.span.holds(event.at) for event in events) for kind in (Happening.STARTED, Happening.STOPPED))
    daemon = words("In the period the daemon was started {starts} times and stopped in an orderly way {stops} times.").format(
        starts=starts, stops=stops
    )
    steps = sum(event.kind is Happening.CLOCK_STEPPED for event in events)
    lost = sum(event.kind is Happening.SAMPLES_LOST for event in events)
    clock = words("The clock was stepped {steps} times; samples were lost {lost} times.").format(steps=steps, lost=lost)
    rows = tuple((local(at, zone), what, detail) for at, what, detail in _happenings(document, words))
    tables = (Table("", named(words, "At", "Event", "Detail"), rows),) if rows else ()
    return Section(words("Software, configuration and watching"), (software, configuration, daemon, clock), tables)


def _happenings(document: Document, words: Words) -> Iterator[tuple[datetime, str, str]]:
    """The configurations, each where it differs from the one before, the steps of the clock, samples that were lost, a record that was saved."""
    sha256 = ""
    for event in document.events:
        if event.kind is Happening.CONFIGURED and event.data["sha256"] != sha256:
            before, sha256 = sha256, str(event.data["sha256"])
            yield event.at, words("configuration changed") if before else words("configuration"), f"sha256 {sha256}"
        elif event.kind is Happening.CLOCK_STEPPED:
            yield event.at, words("clock stepped"), _step(event, document)
        elif event.kind is Happening.SAMPLES_LOST:
            yield event.at, words("samples lost"), _lost(event, document)
        elif event.kind is Happening.RECOVERED:
            found = words("{breaks} stretches unreadable, {dropped} rows without sense, {judged_anew} changes of state judged anew")
            yield event.at, words("record recovered from a damaged store"), found.format(**event.data)


def _step(event: Event, document: Document) -> str:
    left_at, resumed_at = (datetime.fromisoformat(str(event.data[name])) for name in ("left_at", "resumed_at"))
    seconds = (resumed_at - left_at).total_seconds()
    return f"{local(left_at, document.period.zone)} → {local(resumed_at, document.period.zone)} ({seconds:+.3f} s)"


def _lost(event: Event, document: Document) -> str:
    first, last = (local(datetime.fromisoformat(str(event.data[name])), document.period.zone) for name in ("first_at", "last_at"))
    return f"{event.service or ''}: {event.data['count']} ({first} … {last})"


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"
