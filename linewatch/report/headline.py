"""Under which profile a report's figures stand: that of the rule in force, or another that was asked for."""

from __future__ import annotations

from dataclasses import replace

from linewatch.report.document import Document, ServiceReport
from linewatch.report.words import Words
from linewatch.sla.availability import verdict
from linewatch.sla.profiles import STANDARD, headline


def under(document: Document, profile: str) -> Document:
    """The same report with the figures of another profile in the place of the headline's, and the results judged by them.

    What follows from states and not from a profile stays as it is: the list of outages, months, indicators.
    """
    if profile == STANDARD:
        return document
    return replace(document, profile=profile, services=tuple(_under(service, profile) for service in document.services))


def _under(service: ServiceReport, profile: str) -> ServiceReport:
    found = headline(service.profiles, profile)
    return replace(
        service,
        figures=found.figures,
        result=verdict(found.figures, service.subject.terms),
        outage_count=found.outage_count,
        around_the_clock=found.around_the_clock,
    )


def title(document: Document, words: Words) -> str:
    """What the report is called; one under another profile says so in its first line."""
    name = words("SLA report")
    return name if document.profile == STANDARD else f"{name} ({words('Profile')} {document.profile})"
