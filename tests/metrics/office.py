"""A small office: one line, one site, and rounds of them."""

from datetime import UTC, datetime

from linewatch.metrics.watched import Watched
from linewatch.sample.outcome import Outcome
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role

AT = datetime(2022, 3, 1, 4, 0, 0, 123456, tzinfo=UTC)

LINE = Watched("leased-line", "line", ("192.0.2.1", "223.5.5.5", "dns://223.6.6.6/www.gov.cn"))
SITE = Watched(
    "weibo",
    "endpoint",
    ("https://weibo.com/",),
    certificate=True,
    phased=True,
    title="微博",
    target=0.999,
    min_coverage=0.95,
    interval_seconds=60,
)


def round_of(service: Watched, *outcomes: Outcome) -> Round:
    return Round(AT, tuple(Seat(Role.ANCHOR, target) for target in service.targets), outcomes)
