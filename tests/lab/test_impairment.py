"""What a gate does to packets, decided by its seed."""

from __future__ import annotations

import pytest

from tests.lab.impairment import Gate, Impairment

PACKET = bytes(range(20)) + b"payload of an echo"


def words(impairment: Impairment, count: int = 2000, seed: str = "seed", pause_s: float = 0.01) -> list[str]:
    gate = Gate(impairment, seed, 0.0)
    return [gate.fate(PACKET, n * pause_s).word for n in range(count)]


def test_a_line_in_good_order_passes_everything_at_once() -> None:
    assert Gate(Impairment(), "seed", 0.0).fate(PACKET, 0.0).copies == ((0.0, PACKET),)


@pytest.mark.parametrize(
    ("impairment", "word", "share"),
    [
        (Impairment(cut=True), "cut", 1.0),
        (Impairment(loss=0.2), "loss", 0.2),
        (Impairment(duplicate=0.3), "duplicate", 0.3),
        (Impairment(corrupt=0.1), "corrupt", 0.1),
        (Impairment(hold=0.4, hold_ms=30), "hold", 0.4),
        (Impairment(max_bytes=len(PACKET) - 1), "large", 1.0),
        (Impairment(max_bytes=len(PACKET)), "large", 0.0),
        (Impairment(rate_per_s=10), "rate", 0.9),  # of a hundred packets a second
        (Impairment(burst_every_s=2, burst_for_s=0.5), "burst", 0.25),
    ],
)
def test_a_share_of_the_packets_meets_it(impairment: Impairment, word: str, share: float) -> None:
    found = words(impairment, 20_000)
    assert found.count(word) / len(found) == pytest.approx(share, abs=0.03)
    assert set(found) <= {word, "pass"}


def test_the_same_seed_is_the_same_fate_and_another_seed_another() -> None:
    impairment = Impairment(loss=0.3, duplicate=0.2, corrupt=0.2)
    assert words(impairment) == words(impairment)
    assert words(impairment) != words(impairment, seed="another")


def test_a_corrupted_packet_differs_by_one_bit_behind_its_header() -> None:
    gate = Gate(Impairment(corrupt=1.0), "seed", 0.0)
    for _ in range(200):
        ((_, copy),) = gate.fate(PACKET, 0.0).copies
        differs = int.from_bytes(copy, "big") ^ int.from_bytes(PACKET, "big")
        assert differs.bit_count() == 1
        assert copy[:20] == PACKET[:20]


def test_a_delay_varies_by_its_jitter_and_never_below_nothing() -> None:
    gate = Gate(Impairment(delay_ms=10, jitter_ms=20), "seed", 0.0)
    delays = [gate.fate(PACKET, 0.0).copies[0][0] for _ in range(2000)]
    assert min(delays) == 0.0
    assert max(delays) == pytest.approx(0.030, abs=0.001)


def test_bursts_are_lost_in_a_row_and_last_half_to_one_and_a_half_times_their_length() -> None:
    found = "".join("x" if word == "burst" else "." for word in words(Impairment(burst_every_s=5, burst_for_s=1), 50_000))
    lengths = [len(burst) * 0.01 for burst in found.split(".") if burst]
    assert len(lengths) > 50
    assert all(0.45 <= length <= 1.55 for length in lengths)


def test_played_faster_times_are_shorter_and_rates_higher() -> None:
    told = Impairment.told({"delay_ms": 100, "burst_every_s": 20, "burst_for_s": 1, "rate_per_s": 2, "loss": 0.1, "max_bytes": 1000}, scale=5)
    assert told == Impairment(delay_ms=20, burst_every_s=4, burst_for_s=0.2, rate_per_s=10, loss=0.1, max_bytes=1000)


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no impairment is called lag"):
        Impairment.told({"lag": 1})
