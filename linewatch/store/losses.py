"""What the minutes say of loss, asked so that a year of them costs what is special about it, and not half a million rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, select

from linewatch.sla.minutes import MinuteLoss, Range
from linewatch.store.tables import minutes

_DAY_MINUTES = 24 * 60
_LIST_ROWS = 5_000

_WITHIN = (minutes.c.service_id == bindparam("service_id"), minutes.c.minute >= bindparam("first"), minutes.c.minute < bindparam("end"))
_KNOWN = select(func.count()).where(*_WITHIN, minutes.c.sent > 0)
_COLUMNS = (minutes.c.minute, minutes.c.sent, minutes.c.lost, minutes.c.unmeasured)
_LOSSY = select(*_COLUMNS).where(*_WITHIN, minutes.c.lost * bindparam("per") > minutes.c.sent * bindparam("share")).order_by(minutes.c.minute)
_OF_LIST = (
    select(*_COLUMNS)
    .where(minutes.c.service_id == bindparam("service_id"), minutes.c.minute.in_(bindparam("wanted", expanding=True)))
    .order_by(minutes.c.minute)
)
_BAD = select(minutes.c.minute).where(*_WITHIN, minutes.c.bad > 0).order_by(minutes.c.minute)


def _ends() -> Select[Any]:
    """The known minutes that no known one follows, each with the next known one after it in the range."""
    beside, later = minutes.alias(), minutes.alias()
    next_to = and_(beside.c.service_id == minutes.c.service_id, beside.c.minute == minutes.c.minute + 1, beside.c.sent > 0)
    following = (
        select(later.c.minute)
        .where(later.c.service_id == minutes.c.service_id, later.c.minute > minutes.c.minute, later.c.minute < bindparam("end"), later.c.sent > 0)
        .order_by(later.c.minute)
        .limit(1)
        .scalar_subquery()
    )
    return select(minutes.c.minute, following).where(*_WITHIN, minutes.c.sent > 0, ~exists().where(next_to)).order_by(minutes.c.minute)


_FIRST = select(func.min(minutes.c.minute)).where(*_WITHIN, minutes.c.sent > 0)
_ENDS = _ends()


def known_minutes(connection: Connection, service_id: int, wanted: Range) -> list[Range]:
    """The minutes in which anything was sent, as sorted, disjoint ranges that do not touch.

    They are counted first, all and then by the day, which costs little; only on a day that lacks some are their neighbours looked for.
    """
    whole = _known(connection, service_id, wanted)
    if whole is not None:
        return whole
    out: list[Range] = []
    for first in range(wanted[0], wanted[1], _DAY_MINUTES):
        day = (first, min(first + _DAY_MINUTES, wanted[1]))
        known = _known(connection, service_id, day)
        for each in _looked_for(connection, service_id, day) if known is None else known:
            if out and out[-1][1] == each[0]:
                out[-1] = (out[-1][0], each[1])
            else:
                out.append(each)
    return out


def _known(connection: Connection, service_id: int, wanted: Range) -> list[Range] | None:
    """All of them or nothing, as a count tells; None where it is something between."""
    count: int = connection.execute(_KNOWN, _within(service_id, wanted)).scalar_one()
    return [] if count == 0 else [wanted] if count == wanted[1] - wanted[0] else None


def _looked_for(connection: Connection, service_id: int, wanted: Range) -> Iterator[Range]:
    ends = connection.execute(_ENDS, _within(service_id, wanted)).all()
    firsts = [connection.execute(_FIRST, _within(service_id, wanted)).scalar(), *(following for _, following in ends)]
    lasts = [*(last for last, _ in ends), wanted[1] - 1]  # the last row may go on beyond the range
    for first, last in zip(firsts, lasts, strict=True):
        if first is not None:
            yield first, last + 1


def _within(service_id: int, wanted: Range) -> dict[str, Any]:
    return {"service_id": service_id, "first": wanted[0], "end": wanted[1]}


def lossy_minutes(connection: Connection, service_id: int, wanted: Range, above: Fraction) -> list[MinuteLoss]:
    """The minutes whose loss passes `above`, in order."""
    row = {**_within(service_id, wanted), "share": above.numerator, "per": above.denominator}
    return [MinuteLoss(*found) for found in connection.execute(_LOSSY, row)]


def losses(connection: Connection, service_id: int, wanted: Sequence[int]) -> list[MinuteLoss]:
    """The loss of these minutes (sorted), as far as they are known, in order."""
    return [MinuteLoss(*found) for some in _chunks(wanted) for found in connection.execute(_OF_LIST, {"service_id": service_id, "wanted": some})]


def bad_minutes(connection: Connection, service_id: int, wanted: Range) -> list[int]:
    """The minutes that held a bad round, in order."""
    return list(connection.execute(_BAD, _within(service_id, wanted)).scalars())


def _chunks(wanted: Sequence[int]) -> Iterator[list[int]]:
    left = iter(wanted)
    while some := list(islice(left, _LIST_ROWS)):
        yield some
