"""How old samples leave the record: in steps of whole hours, small enough that no batch of the writer waits long for one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from linewatch.span import to_epoch
from linewatch.store.rollup import HOUR_US, MINUTE_US
from linewatch.store.tables import samples, services

STEP_ROWS = 5_000

_OF_SERVICE = samples.c.service_id == bindparam("service_id")
_OLDEST = (
    select(samples.c.at_us)
    .where(_OF_SERVICE, samples.c.at_us >= bindparam("start"), samples.c.at_us < bindparam("end"))
    .order_by(samples.c.at_us)
    .limit(STEP_ROWS)
)
_DELETE = delete(samples).where(_OF_SERVICE, samples.c.at_us >= bindparam("start"), samples.c.at_us < bindparam("end"), samples.c.source_id.is_(None))
_PRUNED = update(services).where(services.c.id == bindparam("key")).values(pruned_us=bindparam("end"))


def prune_step(connection: Connection, before: datetime) -> bool:
    """Delete one step of the live samples older than `before`, inside the caller's transaction; whether there may be more.

    Whole hours go, so that an hour's roll-up is either made from all its samples or final (`services.pruned_us`). Imported samples stay.
    Samples that a clock set far back has written before `pruned_us` stay too: they are a handful.
    """
    wanted = to_epoch(before)
    for service_id, pruned_us, open_minute in connection.execute(select(services.c.id, services.c.pruned_us, services.c.open_minute)).all():
        newest = wanted if open_minute is None else min(wanted, open_minute * MINUTE_US)
        start, limit = pruned_us or 0, newest - newest % HOUR_US
        if start < limit:
            _prune_service(connection, service_id, start, limit)
            return True
    return False


def _prune_service(connection: Connection, service_id: int, start: int, limit: int) -> None:
    oldest = connection.execute(_OLDEST, {"service_id": service_id, "start": start, "end": limit}).scalars().all()
    end = limit
    if len(oldest) == STEP_ROWS:
        # At least the first hour as a whole, for a step that ends inside it would never get on.
        end = max(oldest[-1] // HOUR_US, oldest[0] // HOUR_US + 1) * HOUR_US
    connection.execute(_DELETE, {"service_id": service_id, "start": start, "end": end})
    connection.execute(_PRUNED, {"key": service_id, "end": end})
