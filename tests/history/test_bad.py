"""The folder `bad`: history files with one kind of mistake each, and the exact lines that each of them gets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from linewatch.errors import HistoryFileError
from linewatch.history.samples import read_samples
from linewatch.history.states import read_states
from linewatch.sample.target import Role
from linewatch.verdict.rule import Rule, default_stale_after

BAD = Path(__file__).parent / "bad"
MINUTE = timedelta(minutes=1)
RULE = Rule(interval=MINUTE, stale_after=default_stale_after(MINUTE))

_AT = "must be an instant such as 2022-03-01T08:00:00+08:00 or epoch seconds, not"
_FAULTS = "line, upstream, partial, loss, latency, mtu, timeout, unreachable, ttl, dns, connect, tls, status, content, redirect, imported"
_CAUSES = (
    "line, upstream, partial, loss, latency, mtu, local, monitor, clock, timeout, unreachable, ttl, dns, connect, tls,"
    " status, content, redirect, imported"
)

# What follows the file's name, a line each.
STATES = {
    "empty": [": is empty"],
    "byte-order-mark-alone": [':1: header: must be at,state,cause; "at" is missing'],
    "header-alone": [": has no rows under its header"],
    "no-header": [':1: header: must be at,state,cause; there is no column "2022-01-01T00:00:00Z"'],
    "header-of-samples": [':1: header: must be at,state,cause; there is no column "ok"'],
    "header-short": [':1: header: must be at,state,cause; "state" is missing'],
    "header-twice": [':1: header: must be at,state,cause; "at" stands there twice'],
    "semicolons": [':1: header: must be at,state,cause; there is no column "at;state;cause"'],
    "binary": [": is no text in UTF-8 or GBK"],
    "no-encoding": [": is no text in UTF-8 or GBK"],
    "naive": [':2: at: has no offset; add Z for UTC, or one such as +08:00: "2022-01-01T00:00:00"'],
    "date-alone": [':2: at: has no offset; add Z for UTC, or one such as +08:00: "2022-01-01"'],
    "seven-decimals": [
        ':2: at: has more than six decimals: "2022-01-01T00:00:00.1234567Z"',
        ':3: at: has more than six decimals: "1641000000.1234567"',
    ],
    "milliseconds": [':2: at: lies outside the years 1970 to 2199; epoch times are in seconds: "1640995200000"'],
    "outside": [
        ':2: at: lies outside the years 1970 to 2199: "1969-12-31T23:59:59Z"',
        ':3: at: lies outside the years 1970 to 2199: "1970-01-01T00:00:00+00:01"',
        ':4: at: lies outside the years 1970 to 2199: "2200-01-01T00:00:00Z"',
        ':5: at: there is no such instant: "0001-01-01T00:00:00+08:00"',
    ],
    "no-such-instant": [
        ':2: at: there is no such instant: "2022-02-29T00:00:00Z"',
        ':3: at: there is no such instant: "2022-02-28T24:30:00Z"',
        ':4: at: there is no such instant: "2022-02-28T23:59:60Z"',
        ':5: at: there is no such instant: "2022-02-28T23:59:00+25:00"',
    ],
    "at-words": [
        f':2: at: {_AT} "yesterday"',
        f':3: at: {_AT} "-1"',
        f':4: at: {_AT} "1e9"',
        f':5: at: {_AT} "２０２２"',
        ":6: at: is missing",
        f':7: at: {_AT} "2022/03/01 08:00:00+08:00"',
    ],
    "unprintable": [f':2: at: {_AT} "\\x1b[31m\\u202e"'],
    "long-value": [f':2: at: {_AT} "{"x" * 40}…"'],
    "not-after": [
        ":3: at: 2022-01-02T00:00:00Z is not after the row before, 2022-01-02T00:00:00Z",
        ":4: at: 2022-01-01T00:00:00Z is not after the row before, 2022-01-02T00:00:00Z",
    ],
    "one-slip-in-time": [":4: at: 2022-01-02T00:00:00Z is not after the row before, 2122-01-01T12:00:00Z"],
    "state": [':2: state: must be up, degraded, down or unknown, not "DEAD"', ":3: state: is missing", ":4: state: is missing"],
    "cause": [f':2: cause: must be empty or one of {_CAUSES}, not "excavator"'],
    "cause-of-up": [':2: cause: must be empty where the state is up, not "line"'],
    "not-closed": [":3: state: the last row closes the file and must be unknown, not down"],
    "closed-with-cause": [":3: cause: the last row closes the file; its cause must be empty or monitor, not local"],
    "too-many-values": [":2: line: has 4 values, the header names 3"],
    "open-quote": [":2: line: has quotation marks that do not match"],
    "long-line": [':3: state: must be up, degraded, down or unknown, not "bad"', ":4: line: is longer than 1000 characters"],
    "long-header": [":1: line: is longer than 1000 characters"],
    "twenty": [f':{number}: state: must be up, degraded, down or unknown, not "x"' for number in range(2, 22)],
    "twenty-one": [
        *(f':{number}: state: must be up, degraded, down or unknown, not "x"' for number in range(2, 22)),
        ": has more bad rows than these 20",
    ],
}

SAMPLES = {
    "samples-header": [':1: header: must be at,ok,rtt_ms,cause; "ok" is missing'],
    "samples-ok": [
        ':2: ok: must be 1, 0 or empty (not measured), not "yes"',
        ':3: ok: must be 1, 0 or empty (not measured), not "2"',
        ":4: ok: is missing",
    ],
    "samples-rtt": [
        ':2: rtt_ms: must be decimal milliseconds such as 12.345, not "-1"',
        ':3: rtt_ms: must be decimal milliseconds such as 12.345, not "nan"',
        ':4: rtt_ms: must be decimal milliseconds such as 12.345, not "1e3"',
        ':5: rtt_ms: must be decimal milliseconds such as 12.345, not "12 ms"',
        ':6: rtt_ms: must be decimal milliseconds such as 12.345, not "12,5"',
        ':7: rtt_ms: only a round that was answered has one (ok is "0")',
        ':8: rtt_ms: only a round that was answered has one (ok is "")',
    ],
    "samples-cause": [
        f':2: cause: must be empty or one of {_FAULTS}, not "local"',
        f':3: cause: must be empty or one of {_FAULTS}, not "monitor"',
        ':4: cause: must be empty or one of local, monitor, not "line"',
        f':5: cause: must be empty or one of {_FAULTS}, not "=1+1"',
    ],
    "samples-not-after": [":3: at: 2022-01-01T00:00:00.000001Z is not after the row before, 2022-01-01T00:00:00.000001Z"],
}


def test_every_file_of_the_folder_is_in_the_tables() -> None:
    assert {path.stem for path in BAD.glob("*.csv")} == set(STATES) | set(SAMPLES)


@pytest.mark.parametrize("stem", STATES)
def test_a_bad_file_of_states(stem: str) -> None:
    path = BAD / f"{stem}.csv"
    with pytest.raises(HistoryFileError) as caught:
        read_states(path)
    assert str(caught.value).split("\n") == [f"{path}{line}" for line in STATES[stem]]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("stem", SAMPLES)
def test_a_bad_file_of_samples(stem: str) -> None:
    path = BAD / f"{stem}.csv"
    with pytest.raises(HistoryFileError) as caught:
        read_samples(path, "192.0.2.1", Role.ANCHOR, RULE)
    assert str(caught.value).split("\n") == [f"{path}{line}" for line in SAMPLES[stem]]
