"""The pinger on real networks: who answers, who does not, many at once, several batches at once, and its end."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta

import pytest

from linewatch.probe.echo import ipv4_payload
from linewatch.probe.flight import SEQUENCES, EchoCounters
from linewatch.probe.lane import Mode
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from tests.netns import Network
from tests.probe.conftest import Opener
from tests.probe.test_icmp_strays import Responder, reply_to

BOTH: tuple[Mode, ...] = ("raw", "datagram")
SOON = timedelta(seconds=2)
SHORT = timedelta(milliseconds=100)


@pytest.mark.parametrize("mode", BOTH)
async def test_both_ip_versions_answer_in_any_mixture_and_an_address_may_occur_twice(network: Network, opened: Opener, mode: Mode) -> None:
    pinger = opened(network.namespace(), mode)
    addresses = ["127.0.0.1", "::1", "127.0.0.1", "127.9.8.7", "0:0:0:0:0:0:0:1"]
    outcomes = await pinger.echo(addresses, SOON)
    assert [outcome.result for outcome in outcomes] == [Result.OK] * 5
    assert all(outcome.rtt_us is not None and outcome.rtt_us < 2_000_000 for outcome in outcomes)
    assert pinger.counters == EchoCounters()


@pytest.mark.parametrize("mode", BOTH)
async def test_a_link_local_host_answers_through_its_interface(network: Network, opened: Opener, mode: Mode) -> None:
    here, there = network.namespace(), network.namespace()
    near, far = network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    there.ip(f"addr add fe80::2/64 dev {far}")
    pinger = opened(here, mode)
    with here.inside():
        by_name, by_other_name = await pinger.echo([f"fe80::2%{near}", "fe80::2%nosuch"], SOON)
    assert by_name.result is Result.OK
    assert (by_other_name.result, by_other_name.cause) == (Result.ERROR, Cause.LOCAL)
    assert by_other_name.detail == "cannot send: no such network interface"


@pytest.mark.parametrize("mode", BOTH)
async def test_a_thousand_targets_answer_in_one_batch(network: Network, opened: Opener, mode: Mode) -> None:
    pinger = opened(network.namespace(), mode)
    addresses = [f"127.1.{number >> 8}.{number & 255}" for number in range(1, 1001)]
    answered: list[int] = []
    outcomes = await pinger.echo(addresses, SOON, answered.append)
    assert {outcome.result for outcome in outcomes} == {Result.OK}
    assert sorted(answered) == list(range(1000))
    assert pinger.counters == EchoCounters()


async def test_nobody_asked_is_nothing_answered(network: Network, opened: Opener) -> None:
    assert await opened(network.namespace()).echo([], SOON) == []


@pytest.mark.parametrize("mode", BOTH)
async def test_a_silent_target_is_lost_when_its_time_is_up_and_does_not_hold_up_the_news_of_the_others(
    network: Network, opened: Opener, mode: Mode
) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter input ip daddr 127.0.0.5 drop")
    pinger = opened(namespace, mode)
    heard = asyncio.Event()
    batch = asyncio.create_task(pinger.echo(["127.0.0.5", "127.0.0.6"], timedelta(seconds=1), lambda place: heard.set() if place == 1 else None))
    await asyncio.wait_for(heard.wait(), 0.9)
    assert not batch.done()
    silent, answering = await batch
    assert silent == LOST
    assert answering.answered


@pytest.mark.parametrize("mode", BOTH)
async def test_batches_overlap_and_each_gets_its_own_outcomes(network: Network, opened: Opener, mode: Mode) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter input ip daddr 127.0.0.5 drop")
    pinger = opened(namespace, mode)
    plans = [["127.0.0.1"] * size + ["127.0.0.5"] + ["::1"] * size for size in (1, 40, 7, 100)]
    batches = await asyncio.gather(*(pinger.echo(plan, timedelta(milliseconds=300)) for plan in plans))
    for plan, outcomes in zip(plans, batches, strict=True):
        assert [outcome.answered for outcome in outcomes] == [address != "127.0.0.5" for address in plan]
    assert pinger.counters == EchoCounters()


async def test_more_echoes_than_there_are_sequence_numbers_are_told_apart(network: Network, opened: Opener) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter input ip daddr 127.0.0.5 drop")
    pinger = opened(namespace)
    slow = asyncio.create_task(pinger.echo(["127.0.0.5"] * 3, timedelta(seconds=30)))
    await asyncio.sleep(0.01)
    many = ["127.0.0.1"] * 4096
    for _ in range(SEQUENCES // len(many) + 1):
        assert all(outcome.answered for outcome in await pinger.echo(many, SOON))
    assert not slow.done()
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert pinger.counters == EchoCounters()


async def test_an_echo_for_which_no_sequence_number_is_free_is_the_monitors_own_failure(network: Network, opened: Opener) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter input ip daddr 127.0.0.5 drop")
    outcomes = await opened(namespace).echo(["127.0.0.5"] * (SEQUENCES + 1), SHORT)
    assert outcomes[:-1] == [LOST] * SEQUENCES
    assert outcomes[-1] == Outcome(Result.ERROR, cause=Cause.MONITOR, detail="too many echoes are under way: no sequence number is free")


@pytest.mark.parametrize("mode", BOTH)
async def test_a_cancelled_batch_leaves_nothing_behind(network: Network, opened: Opener, mode: Mode) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter input ip daddr 127.0.0.5 drop")
    pinger = opened(namespace, mode)
    for moment in (0, 0.001, 0.02):
        batch = asyncio.create_task(pinger.echo(["127.0.0.5"] * 500, timedelta(seconds=30)))
        await asyncio.sleep(moment)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch
    assert len(pinger._flight) == 0
    assert [outcome.answered for outcome in await pinger.echo(["127.0.0.1", "::1"], SOON)] == [True, True]


@pytest.mark.parametrize("mode", BOTH)
async def test_closing_ends_a_pending_batch_as_an_error_of_the_monitor(network: Network, opened: Opener, mode: Mode) -> None:
    namespace = network.namespace()
    namespace.nft("add rule inet filter input ip daddr 127.0.0.5 drop")
    pinger = opened(namespace, mode)
    pending = asyncio.create_task(pinger.echo(["127.0.0.1", "127.0.0.5"], timedelta(seconds=30)))
    in_sending = asyncio.create_task(pinger.echo(["127.0.0.5"] * 40, timedelta(seconds=30)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    pinger.close()
    outcomes = await pending
    assert outcomes[0].answered
    for outcome in (outcomes[1], *await in_sending, *await pinger.echo(["127.0.0.1"], SOON)):
        assert (outcome.result, outcome.cause, outcome.detail) == (Result.ERROR, Cause.MONITOR, "the pinger was closed")


async def test_what_the_callback_raises_its_caller_gets_and_the_engine_goes_on(network: Network, opened: Opener) -> None:
    pinger = opened(network.namespace())

    def answered(place: int) -> None:
        raise LookupError(f"echo {place}")

    with pytest.raises(LookupError, match="echo 0"):
        await pinger.echo(["127.0.0.1"], SOON, answered)
    assert (await pinger.echo(["127.0.0.1"], SOON))[0].answered


def test_one_pinger_serves_one_event_loop_after_another(network: Network, opened: Opener) -> None:
    here, there = network.namespace(), network.namespace()
    network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
    pinger = opened(here)
    for _ in range(2):
        assert asyncio.run(pinger.echo(["10.77.0.2"], SOON))[0].answered
    pinger.close()


@pytest.mark.parametrize("mode", BOTH)
async def test_time_that_a_reply_waits_in_our_queue_is_no_part_of_its_round_trip_and_not_held_against_it(
    network: Network, opened: Opener, mode: Mode
) -> None:
    namespace = network.namespace()
    responder = Responder(namespace)
    pinger = opened(namespace, mode)

    def reply_after_a_while() -> None:
        time.sleep(0.05)
        packet, sender = responder.sock.recvfrom(576)
        responder.sock.sendto(reply_to(ipv4_payload(packet)), sender)

    other = threading.Thread(target=reply_after_a_while)
    batch = asyncio.create_task(pinger.echo(["127.0.0.1"], timedelta(milliseconds=400)))
    await asyncio.sleep(0.005)
    other.start()
    asyncio.get_running_loop().call_soon(time.sleep, 0.6)  # the loop is busy when the reply comes, and still when the time is up
    (outcome,) = await batch
    other.join()
    responder.close()
    assert outcome.answered
    assert outcome.rtt_us is not None
    assert 50_000 <= outcome.rtt_us < 400_000
