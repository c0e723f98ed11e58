"""The outages as an Atom feed (RFC 4287)."""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from linewatch.report.as_json import instant
from linewatch.report.overview import Incident, Overview
from linewatch.report.table import local
from linewatch.report.words import Words
from linewatch.sla.printed import clock_time

MOST_ENTRIES = 50
TYPE = "application/atom+xml; charset=utf-8"
TAG = "tag:linewatch,2026:"
"""What makes a name of ours an IRI that nobody else uses (RFC 4151). An entry's id ends in the outage's own."""


def feed(seen: Overview, words: Words) -> str:
    """The open and the recent outages, those first of which there is something new."""
    name = " · ".join(each.now.title for each in seen.services if each.subject.is_line) or "linewatch"
    latest = sorted(seen.incidents, key=_updated_at, reverse=True)[:MOST_ENTRIES]
    # Nothing new in it, the feed is the same to the byte: dated by its entries, or else by the record's beginning.
    updated = _updated_at(latest[0]) if latest else seen.first_at or seen.year.period.span.start
    services = "+".join(each.now.name for each in seen.services)
    return "".join(
        (
            '<?xml version="1.0" encoding="utf-8"?>\n',
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{words.language}">\n',
            f"<id>{TAG}outages:{services}</id>\n",
            f"<title>{escape(name)} · {words('Open and recent outages')}</title>\n",
            f"<updated>{instant(updated)}</updated>\n",
            "<author><name>linewatch</name></author>\n",
            f'<generator version="{escape(seen.year.version)}">linewatch</generator>\n',
            f'<link rel="self" type="application/atom+xml" href="/feed.atom?lang={words.language}"/>\n',
            f'<link rel="alternate" type="text/html" href="/?lang={words.language}"/>\n',
            *(_entry(each, seen.zone, words) for each in latest),
            "</feed>\n",
        )
    )


def _updated_at(each: Incident) -> datetime:
    """When something was last new: it ended, or a person wrote about it; else when it began."""
    found = [each.outage.began_at, each.outage.ended_at, each.written_at]
    return max(at for at in found if at is not None)


def _entry(each: Incident, zone: ZoneInfo, words: Words) -> str:
    outage = each.outage
    ended = outage.ended_at
    lasted = words("ongoing") if ended is None else clock_time(outage.span.length)
    lines = [f"{words('Start')}: {local(outage.began_at, zone)}", f"{words('End')}: {words('ongoing') if ended is None else local(ended, zone)}"]
    if ended is not None:
        lines.append(f"{words('Duration')}: {lasted} ({clock_time(outage.least)} … {clock_time(outage.most)})")
    lines.append(f"{words('Cause')}: {' · '.join(filter(None, (words(outage.cause), each.told.cause)))}")
    if each.told.ticket:
        lines.append(f"{words('Ticket')}: {each.told.ticket}")
    link = f"/sla/{outage.began_at.astimezone(zone):%Y-%m}?lang={words.language}"
    return (
        f"<entry>\n<id>{TAG}{each.id}</id>\n"
        f"<title>{escape(each.title)} · {escape(words(outage.cause))} · {lasted}</title>\n"
        f"<published>{instant(outage.began_at)}</published>\n<updated>{instant(_updated_at(each))}</updated>\n"
        f'<link rel="alternate" type="text/html" href={quoteattr(link)}/>\n'
        f'<content type="text">{escape(chr(10).join(lines))}</content>\n</entry>\n'
    )
