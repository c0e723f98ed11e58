"""The frame around one check: its deadline, and the promise that whatever happens inside comes out as an Outcome."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import PurePath

from linewatch.probe.fault import Fault, fault_of, one_line
from linewatch.probe.names import NameNotResolved
from linewatch.probe.progress import Phase, Progress
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result


async def attempted(check: Callable[[Progress], Awaitable[Outcome]], timeout: timedelta) -> Outcome:
    """The outcome of `check`, at the latest after `timeout`, all phases together. Nothing but a cancellation from outside is raised.

    A deadline that passes while the name is being resolved has the cause `dns`: whether the system's resolver gives up before or after our
    deadline is chance and must not decide the cause. In any other phase the cause is `timeout`.
    """
    progress = Progress(timeout)
    try:
        async with asyncio.timeout(timeout.total_seconds()) as limit:
            return await check(progress)
    except Fault as fault:
        return _ended(fault, progress)
    except NameNotResolved as error:
        return _ended(Fault(Result.LOST, Cause.DNS, str(error)), progress)
    except OSError as error:
        return _ended(_overdue(progress) if limit.expired() else fault_of(error, progress.whom), progress)
    except Exception as error:
        return _ended(Fault(Result.ERROR, Cause.MONITOR, _place(error)), progress)


def _overdue(progress: Progress) -> Fault:
    if progress.if_late is not None:
        return progress.if_late
    cause = Cause.DNS if progress.phase is Phase.RESOLVE else Cause.TIMEOUT
    return Fault(Result.LOST, cause, f"no end within {progress.timeout.total_seconds():g} s, {progress.phase} {progress.whom}")


def _ended(fault: Fault, progress: Progress) -> Outcome:
    rtt_us = progress.elapsed_us if fault.result is Result.BAD else None
    return Outcome(fault.result, rtt_us, fault.cause, one_line(fault.detail), progress.exchange())


def _place(error: Exception) -> str:
    """Where an unexpected error arose. Its own text is left out: it may quote a header or a password."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__} at {PurePath(last.filename).name}:{last.lineno}"
