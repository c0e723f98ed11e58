from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.store.rollup import Minute, bucket_of, bucket_rtt_us, minute_of, minute_rollup
from linewatch.verdict.reading import Kind, Reading
from tests.store.material import SECOND, Looked, T

OK = Outcome(Result.OK, 1_000)
SIGNS = {
    "o": OK,
    "-": LOST,
    "x": Outcome(Result.BAD, cause=Cause.CONTENT),
    "?": Outcome(Result.ERROR, cause=Cause.LOCAL),
    "!": Outcome(Result.OK, 1_000, Cause.TLS),
}


def minute(*targets: str, role: Role = Role.ANCHOR) -> list[Looked]:
    """Rounds drawn as one text for each target, one sign for each round."""
    panel = tuple(Seat(role, f"192.0.2.{n}") for n in range(len(targets)))
    times = [T + n * SECOND for n in range(len(targets[0]))]
    return [(Round(at, panel, tuple(SIGNS[target[n]] for target in targets)), Reading(at, Kind.GOOD)) for n, at in enumerate(times)]


@pytest.mark.parametrize(
    ("targets", "sent", "lost"),
    [
        (["oooo"], 4, 0),
        (["oo--"], 4, 2),
        (["oxo!"], 4, 1),  # an answer that is not the expected one is lost, one with a reservation is not
        (["oo??"], 2, 0),  # what could not be sent was not sent
        (["????"], 0, 0),
        (["oooo", "----"], 4, 0),  # the lower median of two: one dead anchor does not count
        (["oooo", "o---", "----"], 4, 3),
        (["o-o-", "oooo", "----", "----"], 4, 2),
        (["????", "o---", "????"], 4, 3),  # anchors without an echo are left out
        (["o-??", "o---", "----"], 4, 3),  # by share, not by number
    ],
)
def test_the_loss_of_a_minute_is_that_of_the_lower_median_anchor(targets: list[str], sent: int, lost: int) -> None:
    rolled = minute_rollup(minute(*targets))
    assert (rolled.sent, rolled.lost) == (sent, lost)


def test_the_loss_of_an_endpoint_is_the_share_of_its_failed_checks() -> None:
    rolled = minute_rollup(minute("oox-?", role=Role.ENDPOINT))
    assert (rolled.sent, rolled.lost) == (4, 2)


def test_gateway_and_next_hop_have_no_part_in_the_loss() -> None:
    panel = (Seat(Role.GATEWAY, "g"), Seat(Role.NEXT_HOP, "n"), Seat(Role.ANCHOR, "a"))
    rolled = minute_rollup([(Round(T, panel, (LOST, LOST, OK)), Reading(T, Kind.GOOD))])
    assert (rolled.sent, rolled.lost) == (1, 0)


def test_rounds_are_counted_by_what_they_say() -> None:
    rounds = minute("oooo")
    said = [(Kind.GOOD, None), (Kind.BAD, Cause.LINE), (Kind.BAD, Cause.LINE), (Kind.UNMEASURED, Cause.LOCAL)]
    judged = [(looked, Reading(looked.at, *what)) for (looked, _), what in zip(rounds, said, strict=True)]
    assert minute_rollup(judged) == Minute(minute_of(T), 4, 2, 1, 4, 0)
    assert minute_rollup(judged).at == T


def test_an_anchor_that_changed_its_place_in_mid_minute_is_one_anchor() -> None:
    one, two = Seat(Role.ANCHOR, "192.0.2.1"), Seat(Role.ANCHOR, "192.0.2.2")
    first = Round(T, (one, two), (LOST, OK))
    second = Round(T + SECOND, (two, one), (OK, LOST))
    rolled = minute_rollup([(first, Reading(first.at, Kind.GOOD)), (second, Reading(second.at, Kind.GOOD))])
    assert (rolled.sent, rolled.lost) == (2, 0)


@given(st.integers(1, 10**9))
def test_a_bucket_stands_for_its_values_within_two_percent(rtt_us: int) -> None:
    assert abs(bucket_rtt_us(bucket_of(rtt_us)) - rtt_us) <= 0.02 * rtt_us


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_buckets_keep_the_order(one: int, other: int) -> None:
    assert (bucket_of(min(one, other))) <= bucket_of(max(one, other))


def test_no_time_at_all_counts_as_a_microsecond() -> None:
    assert bucket_of(0) == bucket_of(1) == 0
