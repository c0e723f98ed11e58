"""The gauges say what the report says, as of the same moment."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linewatch.config.loading import Loaded, load
from linewatch.errors import StoreError, UsageError
from linewatch.metrics.metrics import Metrics
from linewatch.metrics.watched import Watched
from linewatch.report.overview import Overview
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.sla import period
from linewatch.sla.exclusions import Exclusion, Revocation
from linewatch.sla.printed import exact_seconds
from linewatch.span import Span
from linewatch.store.opening import open_for_entry, open_for_writing
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.state import State, Transition
from linewatch.watch.clock import Clock
from linewatch.wiring.figures import FigureChore, indicator_names
from linewatch.wiring.messenger import Messenger, outbox_folder
from linewatch.wiring.office import office
from linewatch.wiring.reports import sla
from tests.wiring.conftest import shown

NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)  # in Shanghai
SECOND = timedelta(seconds=1)


def expecting(loaded: Loaded) -> Metrics:
    metrics = Metrics("1.2.3")
    metrics.expect([Watched("line", "line", ("a",)), Watched("shop", "endpoint", ("shop",), True)], indicator_names(office(loaded)))
    return metrics


def chore(loaded: Loaded, metrics: Metrics, as_of: datetime) -> FigureChore:
    clock, messenger = Clock(as_of.timestamp, lambda: 0.0), Messenger(loaded, metrics.count_message)
    return FigureChore(loaded.settings.store.url, office(loaded), loaded.settings.timezone, metrics, clock, messenger, {}, lambda _: None)


def keep_an_outage(loaded: Loaded, noon: datetime = NOON) -> datetime:
    """A minute of rounds of the line, the middle third of it down; the time after the last."""
    store = open_for_writing(loaded.settings.store.url)
    store.enrol("line", "line", 3 * SECOND)
    changes = {
        0: Transition(noon, State.UP, None, noon),
        20: Transition(noon + 20 * SECOND, State.DOWN, Cause.LINE, noon + 19 * SECOND),
        40: Transition(noon + 40 * SECOND, State.UP, None, noon + 39 * SECOND),
    }
    for second in range(61):
        at = noon + second * SECOND
        bad = 20 <= second < 40
        outcome = Outcome(Result.LOST, cause=Cause.TIMEOUT) if bad else Outcome(Result.OK, 1000)
        reading = Reading(at, Kind.BAD, Cause.LINE) if bad else Reading(at, Kind.GOOD)
        store.keep("line", Round(at, (Seat(Role.ANCHOR, "a"),), (outcome,)), reading, [changes[second]] if second in changes else [])
    assert store.flush(10)
    store.close(10)
    return noon + 61 * SECOND


async def test_every_gauge_is_the_reports_number(office_file: Loaded) -> None:
    as_of = keep_an_outage(office_file)
    metrics = expecting(office_file)
    await chore(office_file, metrics, as_of)()
    gauges, zone = shown(metrics), office_file.settings.timezone
    periods = {"day": period.day_of(as_of, zone), "month": period.month("2022-03", zone), "year": period.year(2022, zone)}
    for name, asked in periods.items():
        document = sla(office_file, asked, as_of)
        line = next(service for service in document.services if service.subject.name == "line").figures
        assert line.observed is not None
        assert line.observed < 1
        labels = f'{{service="line",period="{name}"'
        for bound in ("observed", "low", "high"):
            assert gauges[f'linewatch_availability_ratio{labels},bound="{bound}"}}'] == float(getattr(line, bound))
        assert gauges[f"linewatch_coverage_ratio{labels}}}"] == float(line.coverage or 0)
        assert gauges[f"linewatch_downtime_seconds{labels}}}"] == exact_seconds(line.charged) == 20
        assert math.isnan(gauges[f'linewatch_availability_ratio{{service="shop",period="{name}",bound="observed"}}'])
    assert gauges["linewatch_figures_as_of_timestamp_seconds"] == as_of.timestamp()
    assert gauges['linewatch_service_months{service="line"}'] == 0
    assert gauges['linewatch_indicator_actual{indicator="微博信息发布条数"}'] == 15230
    assert gauges['linewatch_indicator_target{indicator="微博信息发布条数"}'] == 12000
    assert math.isnan(gauges['linewatch_indicator_target{indicator="使用人员满意度"}'])


async def test_what_the_ledger_leaves_out_is_left_out_of_the_gauges_too_and_comes_back_when_it_is_revoked(office_file: Loaded) -> None:
    as_of = keep_an_outage(office_file)
    metrics = expecting(office_file)
    show = chore(office_file, metrics, as_of)
    downtime = 'linewatch_downtime_seconds{service="line",period="day"}'
    entry = Exclusion(0, ("line",), Span(NOON + 30 * SECOND, NOON + 50 * SECOND), "maintenance", "zhang", NOON)
    with open_for_entry(office_file.settings.store.url) as ledger:
        ledger.add(entry)
        await show()
        line = sla(office_file, period.day_of(as_of, office_file.settings.timezone), as_of, "line").services[0].figures
        assert shown(metrics)[downtime] == exact_seconds(line.charged) == 10
        assert line.observed is not None
        assert shown(metrics)['linewatch_availability_ratio{service="line",period="day",bound="observed"}'] == float(line.observed)
        assert line.gross != line.observed
        ledger.revoke(1, Revocation("wrong", "li", NOON + 55 * SECOND))
    await show()
    assert shown(metrics)[downtime] == 20


async def test_the_very_first_instant_of_a_year_has_no_figures_yet_and_breaks_nothing(office_file: Loaded) -> None:
    keep_an_outage(office_file)
    metrics = expecting(office_file)
    midnight = datetime(2022, 12, 31, 16, tzinfo=UTC)
    await chore(office_file, metrics, midnight)()
    gauges = shown(metrics)
    assert gauges["linewatch_figures_as_of_timestamp_seconds"] == midnight.timestamp()
    assert math.isnan(gauges['linewatch_availability_ratio{service="line",period="year",bound="observed"}'])


async def test_where_the_store_cannot_be_read_the_gauges_keep_their_numbers_and_their_date(office_file: Loaded) -> None:
    as_of = keep_an_outage(office_file)
    metrics = expecting(office_file)
    await chore(office_file, metrics, as_of)()
    before = shown(metrics)
    messenger = Messenger(office_file, metrics.count_message)
    elsewhere = FigureChore(
        "sqlite:////nowhere/lw.db", office(office_file), office_file.settings.timezone, metrics, Clock(), messenger, {}, lambda _: None
    )
    with pytest.raises(StoreError):
        await elsewhere()
    after = shown(metrics)
    assert {series: value for series, value in after.items() if not math.isnan(value)} == {
        series: value for series, value in before.items() if not math.isnan(value)
    }


def by_holidays(office_file: Loaded) -> str:
    """The office whose line goes by the Chinese calendar of working days, which begins with 2004."""
    return office_file.path.read_text("utf-8").replace(
        "[[endpoint]]", '[line.sla]\nservice_hours = { workdays = "08:00-18:00", holidays = "china" }\n[[endpoint]]'
    )


async def test_where_the_holidays_of_the_year_are_not_known_the_others_figures_and_all_states_are_shown(office_file: Loaded) -> None:
    office_file.path.write_text(by_holidays(office_file), "utf-8")
    loaded = load(office_file.path)
    as_of = keep_an_outage(loaded, NOON.replace(year=2003))
    metrics, seen = expecting(loaded), list[Overview]()
    clock, messenger = Clock(as_of.timestamp, lambda: 0.0), Messenger(loaded, metrics.count_message)
    show = FigureChore(loaded.settings.store.url, office(loaded), loaded.settings.timezone, metrics, clock, messenger, {}, seen.append)
    for name in ("day", "month", "year"):
        metrics.show_figures("line", name, observed=1.0, low=1.0, high=1.0, coverage=1.0, downtime_seconds=0.0, allowed_seconds=0.0)
    metrics.show_service_months("line", 12)
    with pytest.raises(UsageError, match="the holidays of 2003 are not known"):
        await show()
    gauges = shown(metrics)
    assert gauges["linewatch_figures_as_of_timestamp_seconds"] == as_of.timestamp()
    of_line = {series: value for series, value in gauges.items() if 'service="line"' in series and ('period="' in series or "months" in series)}
    assert len(of_line) == 3 * 6 + 1
    assert all(math.isnan(value) for value in of_line.values())
    assert math.isnan(gauges['linewatch_indicator_actual{indicator="网络专线畅通率"}'])
    assert gauges['linewatch_indicator_actual{indicator="微博信息发布条数"}'] == 15230
    for name in ("day", "month", "year"):
        assert gauges[f'linewatch_downtime_seconds{{service="shop",period="{name}"}}'] == 0
    (overview,) = seen
    assert [(each.now.name, each.now.state, each.year is None) for each in overview.services] == [
        ("line", State.UP, True),
        ("shop", State.UNKNOWN, False),
    ]


async def test_where_the_holidays_of_the_year_are_not_known_people_are_told_of_an_outage_all_the_same(
    office_file: Loaded, caplog: pytest.LogCaptureFixture
) -> None:
    told = '[[notify]]\nname = "people"\nurl = "json://127.0.0.1:9/"\nsummary = "daily"\nevents = ["outage", "ended", "summary"]\n'
    office_file.path.write_text(by_holidays(office_file) + told, "utf-8")
    loaded = load(office_file.path)
    metrics = expecting(loaded)
    messenger = Messenger(loaded, metrics.count_message)
    noon = NOON.replace(year=2003)
    ended_at = keep_an_outage(loaded, noon)
    waiting = []
    for as_of in (noon + 10 * SECOND, ended_at, ended_at + timedelta(days=1), ended_at + timedelta(days=1, seconds=15)):
        clock = Clock(as_of.timestamp, lambda: 0.0)
        show = FigureChore(loaded.settings.store.url, office(loaded), loaded.settings.timezone, metrics, clock, messenger, {}, lambda _: None)
        with pytest.raises(UsageError, match="the holidays of 2003 are not known"):
            await show()
        waiting.append(messenger.waiting()["people"])
    assert waiting[0] == 0
    assert waiting[1] == waiting[2] == waiting[3] > 0
    assert caplog.text.count("summary not made receiver=people: the holidays of 2003 are not known") == 1
    assert math.isnan(shown(metrics)['linewatch_availability_ratio{service="line",period="day",bound="observed"}'])


async def test_messages_that_the_disk_does_not_take_are_tried_at_every_look_and_told_of_once(
    office_file: Loaded, caplog: pytest.LogCaptureFixture
) -> None:
    told = '[[notify]]\nname = "people"\nurl = "json://127.0.0.1:9/"\n'
    office_file.path.write_text(office_file.path.read_text("utf-8") + told, "utf-8")
    loaded = load(office_file.path)
    metrics = expecting(loaded)
    messenger = Messenger(loaded, metrics.count_message)
    in_the_way = outbox_folder(loaded)
    in_the_way.write_text("a file where the folder should be")
    ended_at = keep_an_outage(loaded)
    for look in range(4):
        if look == 3:
            in_the_way.unlink()
        clock = Clock((NOON + 10 * SECOND if look == 0 else ended_at + look * 15 * SECOND).timestamp, lambda: 0.0)
        await FigureChore(loaded.settings.store.url, office(loaded), loaded.settings.timezone, metrics, clock, messenger, {}, lambda _: None)()
    assert messenger.waiting()["people"] == 0  # all that it saw was past by the first look that was kept
    assert [record.getMessage() for record in caplog.records] == [
        "message not kept receiver=people: Not a directory",
        "messages are kept again receiver=people after=00:00:00",
    ]


def test_a_row_of_the_line_bears_its_title_where_there_are_several(office_file: Loaded) -> None:
    one = office(office_file)
    assert indicator_names(one)[-2:] == ["微博信息发布条数", "使用人员满意度"]
    assert "网络专线畅通率" in indicator_names(one)
    two = replace(one, subjects=(one.subjects[0], replace(one.subjects[0], name="reserve", title="备用"), *one.subjects[1:]))
    assert {"网络专线畅通率（line）", "网络专线畅通率（备用）"} < set(indicator_names(two))
