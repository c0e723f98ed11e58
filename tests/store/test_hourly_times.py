"""Round-trip times by the hour add up to those of the whole span."""

from collections import Counter
from datetime import timedelta

from linewatch.span import Span
from linewatch.store.opening import open_for_reading
from tests.store.material import EVER, T, good_rounds, up

HOUR = timedelta(hours=1)


def test_the_hours_of_a_span_add_up_to_it(place: str, opened) -> None:
    store = opened(place)
    store.mark("line", [up(T)])
    for one in good_rounds(3 * 1_200):
        store.keep("line", *one)
    store.flush(20)
    with open_for_reading(place) as history:
        hours = history.hourly_rtt_counts("line", EVER)
        summed: Counter[int] = Counter()
        for _, bucket, count in hours:
            summed[bucket] += count
        assert dict(summed) == history.rtt_counts("line", EVER)
        assert len({hour for hour, _, _ in hours}) == 3
        second = history.hourly_rtt_counts("line", Span(T + HOUR, T + 2 * HOUR))
        assert {bucket: count for _, bucket, count in second} == history.rtt_counts("line", Span(T + HOUR, T + 2 * HOUR))
        assert history.hourly_rtt_counts("nobody", EVER) == []
