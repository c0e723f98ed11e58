"""The bookkeeping of echoes under way: sequence numbers, credit, and what is counted instead."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.probe import echo
from linewatch.probe.echo import Refusal
from linewatch.probe.flight import REMEMBERED, SEQUENCES, Batch, Echo, Flight, Peer
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result

PEER: Peer = ("127.0.0.1", 0)
SECOND = 1_000_000_000
UNREACHABLE = Outcome(Result.LOST, cause=Cause.UNREACHABLE, detail="host unreachable, said 10.0.0.1")


def batch_of(size: int) -> Batch:
    return Batch(size, SECOND, lambda _: None, None)


def launched(flight: Flight, batch: Batch, place: int = 0, sent_ns: int = 0, token: bytes = b"T" * 16) -> bytes:
    """Launch one echo; its body comes back."""
    sequence = flight.free_sequence()
    assert sequence is not None
    body = echo.body(7, sequence, token)
    flight.launch(sequence, Echo(body, PEER, sent_ns, batch, place))
    return body


def counted(flight: Flight) -> dict[str, int]:
    return {name: number for name, number in asdict(flight.counters).items() if number}


def test_sequence_numbers_go_round_and_pass_over_those_under_way() -> None:
    flight = Flight()
    slow = batch_of(1)
    launched(flight, slow)  # number 0 stays under way
    seen = []
    for _ in range(SEQUENCES + 1):
        quick = batch_of(1)
        seen.append(int.from_bytes(launched(flight, quick)[2:4], "big"))
        flight.retire(quick)
    assert seen == [*range(1, SEQUENCES), 1, 2]
    flight.retire(slow)
    assert len(flight) == 0


def test_no_sequence_number_is_given_twice_when_all_are_under_way() -> None:
    flight = Flight()
    batch = batch_of(SEQUENCES)
    bodies = {launched(flight, batch, place) for place in range(SEQUENCES)}
    assert len(bodies) == SEQUENCES
    assert flight.free_sequence() is None
    flight.retire(batch)
    assert flight.free_sequence() == 0


@given(sent=st.integers(0, 2**62), elapsed=st.integers(0, SECOND), waited=st.integers(-(2**62), 2**62))
def test_no_step_of_the_clock_makes_a_round_trip_negative_or_longer_than_the_monotonic_time(sent: int, elapsed: int, waited: int) -> None:
    flight, batch = Flight(), batch_of(1)
    body = launched(flight, batch, sent_ns=sent)
    flight.reply(body, PEER, sent + elapsed, waited)
    outcome = batch.outcomes[0]
    assert outcome is not None
    assert outcome.rtt_us is not None
    assert 0 <= outcome.rtt_us <= elapsed // 1000
    if 0 <= waited <= elapsed:
        assert outcome.rtt_us == (elapsed - waited) // 1000


@pytest.mark.parametrize(
    ("elapsed", "waited", "credited"),
    [
        (SECOND, 0, True),
        (SECOND + 1, 0, False),
        (5 * SECOND, 4 * SECOND, True),  # it came in time and lay unread while the loop was busy
        (5 * SECOND, 3 * SECOND, False),
    ],
)
def test_what_came_after_the_timeout_is_late_even_while_its_batch_lasts(elapsed: int, waited: int, credited: bool) -> None:
    flight, batch = Flight(), batch_of(1)
    flight.reply(launched(flight, batch), PEER, elapsed, waited)
    assert (batch.outcomes[0] is not None) is credited
    assert counted(flight) == ({} if credited else {"late": 1})


def test_a_second_reply_is_a_duplicate_before_and_after_the_end_of_its_batch() -> None:
    flight, batch = Flight(), batch_of(1)
    body = launched(flight, batch)
    flight.reply(body, PEER, 5000, 0)
    flight.reply(body, PEER, 9000, 0)
    flight.retire(batch)
    flight.reply(body, PEER, 12000, 0)
    assert batch.outcomes == [Outcome(Result.OK, 5)]
    assert counted(flight) == {"duplicate": 2}


def test_a_reply_after_the_end_is_late_once_and_then_a_duplicate() -> None:
    flight, batch = Flight(), batch_of(1)
    body = launched(flight, batch)
    flight.retire(batch)
    flight.reply(body, PEER, 5000, 0)
    flight.reply(body, PEER, 5000, 0)
    assert counted(flight) == {"late": 1, "duplicate": 1}
    assert batch.outcomes == [None]


def test_the_memory_of_ended_echoes_is_bounded_and_forgets_the_oldest() -> None:
    flight = Flight()
    bodies = []
    for _ in range(REMEMBERED + 1):
        batch = batch_of(1)
        bodies.append(launched(flight, batch))
        flight.retire(batch)
    flight.reply(bodies[0], PEER, 0, 0)
    assert counted(flight) == {"foreign": 1}
    flight.reply(bodies[1], PEER, 0, 0)
    assert counted(flight) == {"foreign": 1, "late": 1}


@given(st.data())
def test_only_the_whole_body_from_the_right_address_is_credited(data: st.DataObject) -> None:
    flight, batch = Flight(), batch_of(1)
    body = launched(flight, batch, token=data.draw(st.binary(min_size=16, max_size=16)))
    other = data.draw(st.one_of(st.binary(min_size=4, max_size=40), st.just(body), st.just(body + b"\0"), st.just(body[:-1])))
    peer: Peer = data.draw(st.sampled_from([PEER, ("127.0.0.2", 0), ("127.0.0.1", 1), ("::1", 0, 0, 0)]))
    flight.reply(other, peer, 1000, 0)
    assert (batch.outcomes[0] is not None) is (other == body and peer == PEER)
    assert counted(flight) == ({} if batch.outcomes[0] else {"foreign": 1})


def test_an_error_ends_the_echo_that_it_quotes_and_no_other() -> None:
    flight, batch = Flight(), batch_of(2)
    first, second = (launched(flight, batch, place) for place in (0, 1))
    for destination, quoted in (("127.0.0.9", first), ("127.0.0.1", first[:3]), ("127.0.0.1", first[:-1] + b"x"), ("127.0.0.1", b"")):
        flight.refused(Refusal(3, 1, destination, quoted), UNREACHABLE)
    assert batch.outcomes == [None, None]
    assert counted(flight) == {"foreign": 4}
    flight.refused(Refusal(3, 1, "127.0.0.1", second[:4]), UNREACHABLE)
    assert batch.outcomes == [None, UNREACHABLE]


def test_an_error_after_the_reply_or_after_the_end_changes_nothing_and_counts_as_nothing() -> None:
    flight, batch = Flight(), batch_of(1)
    body = launched(flight, batch)
    flight.reply(body, PEER, 1000, 0)
    flight.refused(Refusal(3, 1, "127.0.0.1", body), UNREACHABLE)
    flight.retire(batch)
    flight.refused(Refusal(3, 1, "127.0.0.1", body), UNREACHABLE)
    assert batch.outcomes == [Outcome(Result.OK, 1)]
    assert counted(flight) == {}


def test_what_is_abandoned_ends_once_and_what_has_ended_keeps_its_outcome() -> None:
    flight = Flight()
    ends: list[Exception | None] = []
    batch = Batch(2, SECOND, ends.append, None)
    flight.reply(launched(flight, batch, 0), PEER, 1000, 0)
    launched(flight, batch, 1)
    flight.abandon(LOST)
    assert batch.outcomes == [Outcome(Result.OK, 1), LOST]
    assert ends == [None]


def test_an_error_of_the_callback_goes_to_the_caller_and_the_reply_counts_all_the_same() -> None:
    flight = Flight()
    ends: list[Exception | None] = []

    def answered(place: int) -> None:
        raise LookupError(place)

    batch = Batch(2, SECOND, ends.append, answered)
    flight.reply(launched(flight, batch, 0), PEER, 1000, 0)
    assert batch.outcomes == [Outcome(Result.OK, 1), None]
    assert [type(end) for end in ends] == [LookupError]
