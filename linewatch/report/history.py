"""What a report needs of the record: one consistent reading of it. The store has the adapter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal, Protocol

from linewatch.sample.event import Event, Happening
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.hours import Hours
from linewatch.sla.minutes import MinuteLoss, Range
from linewatch.sla.terms import Contract, Terms
from linewatch.span import Span
from linewatch.verdict.lapse import Lapse
from linewatch.verdict.reading import Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import Transition


@dataclass(frozen=True, slots=True)
class Subject:
    """A service as a report knows it: a line has a contract, an endpoint may stand behind a line."""

    name: str
    title: str
    is_line: bool
    rule: Rule
    terms: Terms
    contract: Contract = field(default_factory=Contract)
    behind: str | None = None

    @property
    def hours(self) -> Hours:
        """The service hours of its terms."""
        return self.terms.hours

    @property
    def kind(self) -> Literal["line", "endpoint"]:
        """Which of the two it is, as the record and the reports spell it."""
        return "line" if self.is_line else "endpoint"


class Source(Protocol):
    """An imported history file."""

    @property
    def kind(self) -> Literal["samples", "states"]:
        """What its rows are."""

    @property
    def name(self) -> str:
        """The file's name."""

    @property
    def sha256(self) -> str:
        """Of its bytes, in hex."""

    @property
    def rows(self) -> int:
        """How many it has."""

    @property
    def imported_at(self) -> datetime:
        """When it was taken in."""

    @property
    def first_at(self) -> datetime:
        """The instant of its first row."""

    @property
    def interval(self) -> timedelta | None:
        """How often the other monitor looked, where the import said so."""

    @property
    def last_at(self) -> datetime:
        """The instant of its last row: it says nothing of later time."""


class History(Protocol):
    """The record, read as it was at one moment."""

    def transitions(self, service: str, since: datetime | None = None) -> Sequence[Transition]:
        """The changes measured here, in the order of their record; with `since` those that matter from that instant on."""

    def imports(self, service: str, since: datetime | None = None) -> Sequence[tuple[Source, Sequence[Transition]]]:
        """The imported files, oldest import first, each with its changes, or with `since` those of them that matter from that instant on."""

    def tail(self, service: str, count: int) -> Sequence[Reading]:
        """The last readings, oldest first."""

    def loss(self, service: str, span: Span) -> tuple[int, int]:
        """How many echoes were lost and how many sent."""

    def rtt_counts(self, service: str, span: Span) -> Mapping[int, int]:
        """How many rounds had a round-trip time of so many microseconds (one value for each bucket)."""

    def hourly_rtt_counts(self, service: str, span: Span) -> Mapping[datetime, Mapping[int, int]]:
        """The same for each hour that begins in the span and has any, by its beginning."""

    def heard_at(self, service: str) -> datetime | None:
        """The time of the live round kept last."""

    def events(self, span: Span, kinds: Collection[Happening]) -> Sequence[Event]:
        """What happened to the watching itself in a span, in the order of record."""

    def lapses(self, service: str, span: Span, beside: Sequence[Span], rule: Rule, as_of: datetime, sha256: str | None = None) -> Sequence[Lapse]:
        """The rows of bad rounds before `as_of` that lie in the span but not in `beside`: measured here, or of the file with that SHA-256."""

    def pruned_before(self, service: str) -> datetime | None:
        """The rounds measured here before it are gone; None where none is."""

    def doubtful(self, service: str, span: Span, rule: Rule) -> Sequence[Span]:
        """The time of which the record no longer says when a round was bad."""

    def known_minutes(self, service: str, wanted: Range) -> Sequence[Range]:
        """The minutes in which anything was sent."""

    def lossy_minutes(self, service: str, wanted: Range, above: Fraction) -> Sequence[MinuteLoss]:
        """The minutes whose loss passes `above`."""

    def losses(self, service: str, wanted: Sequence[int]) -> Sequence[MinuteLoss]:
        """The loss of these minutes, as far as they are known."""

    def exclusions(self) -> Sequence[Exclusion]:
        """The ledger of exclusions, in the order of entry."""

    def notes(self) -> Sequence[Note]:
        """What was written about outages, in the order of entry."""
