"""The HTTP(S) check: one exchange, redirects followed, judged against what is expected of it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import httpcore
import httpx

from linewatch.probe.attempt import attempted
from linewatch.probe.body import body_of
from linewatch.probe.certificate import fault_of_tls
from linewatch.probe.expectation import coding_of, fault_of_body, fault_of_head
from linewatch.probe.fault import Fault, one_line
from linewatch.probe.progress import Phase, Progress
from linewatch.probe.redirect import Trail
from linewatch.probe.transport import Transport
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import HttpTarget


async def fetch(target: HttpTarget, timeout: timedelta, source: str | None = None) -> Outcome:
    """Check `target` within `timeout`, resolving, connecting, TLS, redirects and body together, from the local address `source` where one is given.

    `rtt_us` is the time of the whole exchange. Each check makes its connections anew: no proxy, no cookie and no connection outlives it or
    comes from the environment. At most `target.max_bytes` of the decoded body are read, then it is judged on those. The name is resolved anew,
    as it is part of what is checked.
    """
    return await attempted(lambda progress: _checked(target, progress, source), timeout)


async def _checked(target: HttpTarget, progress: Progress, source: str | None) -> Outcome:
    try:
        return await _followed(target, progress, source)
    except httpcore.RemoteProtocolError:
        raise _broken_off(progress, "does not speak HTTP as it should, or stopped in the middle") from None
    except httpcore.LocalProtocolError:
        raise Fault(Result.ERROR, Cause.MONITOR, "the request cannot be sent: a header or the method is not valid HTTP") from None
    except ssl.SSLError as error:
        raise fault_of_tls(error, progress.whom) from None
    except ConnectionError:
        raise _broken_off(progress, "broke off the connection") from None


def _broken_off(progress: Progress, how: str) -> Fault:
    if progress.took(Phase.FIRST_BYTE) is None:
        return Fault(Result.LOST, Cause.CONNECT, f"{progress.whom}: closed the connection without an answer")
    return Fault(Result.BAD, Cause.CONTENT, f"{progress.whom}: {how}")


async def _followed(target: HttpTarget, progress: Progress, source: str | None) -> Outcome:
    trail = Trail(target)
    transport = Transport(progress, target.verify_tls, target.ca_file, target.ip, source)
    request = trail.first()
    while True:
        progress.reset()
        try:
            response = await transport.handle_async_request(request)
        except Fault as fault:
            raise trail.blamed(fault) from None
        progress.status = response.status_code
        try:
            following = trail.next(response)
            if following is None:
                await _judge(target, response, progress)
                return _accepted(target, progress)
        finally:
            await response.aclose()
        request = following


async def _judge(target: HttpTarget, response: httpx.Response, progress: Progress) -> None:
    """Read the rest and hold it against what is expected. Raises Fault."""
    fault = fault_of_head(target, response.status_code, response.headers)
    if fault is None:
        body = await body_of(response.aiter_raw(), coding_of(response.headers), target.max_bytes)
        progress.end()
        fault = fault_of_body(target, body, response.headers)
    if fault is not None:
        raise fault


def _accepted(target: HttpTarget, progress: Progress) -> Outcome:
    """OK, with a reservation where the certificate ends soon or the exchange was slow; the certificate's comes first, as it lasts."""
    rtt_us = progress.elapsed_us
    notes: list[tuple[Cause, str]] = []
    ends_at = progress.certificate_expires_at
    if target.tls_days is not None and ends_at is not None and ends_at - datetime.now(UTC) < timedelta(days=target.tls_days):
        notes.append((Cause.TLS, f"the certificate ends at {ends_at:%Y-%m-%d %H:%M} UTC, in fewer than {target.tls_days} days"))
    if target.max is not None and timedelta(microseconds=rtt_us) > target.max:
        notes.append((Cause.LATENCY, f"took {rtt_us / 1000:.0f} ms, more than {target.max.total_seconds() * 1000:.0f} ms"))
    detail = one_line("; ".join(text for _, text in notes))
    return Outcome(Result.OK, rtt_us, notes[0][0] if notes else None, detail, progress.exchange())
