"""History files in and out, between the files and a real store."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.errors import HistoryFileError, StoreError, UsageError
from linewatch.span import Span
from linewatch.wiring.exchange import give_out, take_in
from linewatch.wiring.reports import standing, upgraded
from tests.wiring.conftest import LINE

SITE = '[[endpoint]]\nname = "site"\nurl = "tcp://127.0.0.1:9"\n'
STATES = "at,state,cause\n2022-03-01T00:00:00Z,up,\n2022-03-01T01:00:00Z,down,upstream\n2022-03-01T02:00:00Z,unknown,\n"
SAMPLES = "at,ok,rtt_ms,cause\n2022-03-01T00:00:00Z,1,20.5,\n2022-03-01T00:01:00Z,1,21,\n2022-03-01T00:02:00Z,0,,line\n"


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "linewatch.toml").write_text(LINE + SITE, "utf-8")
    return load(tmp_path / "linewatch.toml")


def file(folder: Path, text: str) -> Path:
    path = folder / "history.csv"
    path.write_text(text, "utf-8")
    return path


def test_states_come_out_as_they_went_in(loaded: Loaded, tmp_path: Path) -> None:
    done = take_in(loaded, file(tmp_path, STATES), "line", "states", None)
    assert (done.rows, done.new, done.overlapped) == (3, True, timedelta(0))
    assert (done.first_at, done.last_at) == (datetime(2022, 3, 1, 0, tzinfo=UTC), datetime(2022, 3, 1, 2, tzinfo=UTC))
    out = io.StringIO()
    assert give_out(loaded, "line", "states", Span(done.first_at, done.last_at), out) == 3
    assert out.getvalue() == STATES.replace("unknown,", "unknown,monitor")


@pytest.mark.parametrize("service", ["line", "site"])
def test_samples_come_out_as_they_went_in(loaded: Loaded, tmp_path: Path, service: str) -> None:
    path = file(tmp_path, SAMPLES.replace(",line\n", f",{'line' if service == 'line' else 'connect'}\n"))
    assert take_in(loaded, path, service, "samples", timedelta(minutes=1)).new
    out = io.StringIO()
    assert give_out(loaded, service, "samples", None, out) == 3
    assert [row.split(",")[:2] for row in out.getvalue().splitlines()] == [row.split(",")[:2] for row in SAMPLES.splitlines()]


def test_the_interval_of_the_other_monitor_decides_what_is_a_hole(loaded: Loaded, tmp_path: Path) -> None:
    path = file(tmp_path, "at,ok,rtt_ms,cause\n" + "".join(f"2022-03-01T00:{minute:02d}:00Z,1,20,\n" for minute in range(10)))
    take_in(loaded, path, "line", "samples", timedelta(minutes=1))
    unbroken = standing(loaded, datetime(2022, 3, 1, 0, 10, tzinfo=UTC))["line"].history
    assert [(stretch.state.value, stretch.span.length) for stretch in unbroken] == [("up", timedelta(minutes=10))]
    (tmp_path / "linewatch.db").unlink()
    take_in(loaded, path, "line", "samples", None)  # at the line's own 3 s every minute is a hole of 57 s
    holes = standing(loaded, datetime(2022, 3, 1, 0, 10, tzinfo=UTC))["line"].history
    assert sum((stretch.span.length for stretch in holes if stretch.state.value == "up"), timedelta(0)) == timedelta(seconds=30)


def test_the_same_file_twice_is_not_new(loaded: Loaded, tmp_path: Path) -> None:
    path = file(tmp_path, STATES)
    take_in(loaded, path, "line", "states", None)
    before = standing(loaded, datetime(2022, 3, 2, tzinfo=UTC))
    assert not take_in(loaded, path, "line", "states", None).new
    assert standing(loaded, datetime(2022, 3, 2, tzinfo=UTC)) == before
    assert take_in(loaded, path, "site", "states", None).new


@pytest.mark.parametrize(
    ("service", "text", "error"),
    [("nobody", STATES, UsageError), ("line", STATES.replace("down", "sideways"), HistoryFileError), ("line", "", HistoryFileError)],
)
def test_what_is_refused_makes_no_store(loaded: Loaded, tmp_path: Path, service: str, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        take_in(loaded, file(tmp_path, text), service, "states", None)
    assert not (tmp_path / "linewatch.db").exists()


def test_nothing_is_given_out_of_a_store_that_is_not_there(loaded: Loaded) -> None:
    out = io.StringIO()
    with pytest.raises(StoreError):
        give_out(loaded, "line", "samples", None, out)
    assert out.getvalue() == ""


def test_a_store_without_a_record_gives_a_header_alone(loaded: Loaded) -> None:
    assert upgraded(loaded)
    for kind, header in (("states", "at,state,cause\n"), ("samples", "at,ok,rtt_ms,cause\n")):
        out = io.StringIO()
        assert give_out(loaded, "line", "states" if kind == "states" else "samples", None, out) == 0
        assert out.getvalue() == header
