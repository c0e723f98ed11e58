"""When what goes on being wrong is worth a line."""

from __future__ import annotations

from datetime import timedelta

from linewatch.trouble import MOST_REASONS, Trouble


def test_it_is_told_when_it_begins_when_its_reason_is_new_and_when_it_ends_with_how_long_it_lasted() -> None:
    trouble = Trouble()
    assert trouble.over(0) is None
    told = [trouble.goes_on(reason, at) for at, reason in enumerate(["away", "away", "refused", "away", "refused"])]
    assert told == [True, False, True, False, False]
    assert trouble.over(3600) == timedelta(hours=1)
    assert trouble.over(3601) is None
    assert trouble.goes_on("away", 3602)
    assert trouble.over(3605) == timedelta(seconds=3)


def test_what_comes_and_goes_is_one_trouble_until_it_has_been_calm() -> None:
    trouble = Trouble(calm_s=60)
    for at in range(0, 600, 10):
        assert trouble.goes_on("slow", at) == (at == 0)
        assert trouble.over(at + 5) is None
    assert trouble.over(654.9) is None
    assert trouble.over(660) == timedelta(seconds=595)


def test_a_reason_that_is_never_the_same_twice_fills_no_log() -> None:
    trouble = Trouble()
    assert sum(trouble.goes_on(f"attempt {at}", at) for at in range(1000)) == MOST_REASONS
