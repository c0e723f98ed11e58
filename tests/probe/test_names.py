from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import pytest

from linewatch.probe.names import NameNotResolved, Names, is_literal, resolved
from tests.probe.servers import NAME_SERVER_HERE, SOON, run_in_namespace


@pytest.mark.parametrize(
    ("host", "literal"),
    [("127.0.0.1", True), ("::1", True), ("fe80::1%lo", True), ("localhost", False), ("127.0.0.256", False), ("", False), ("[::1]", False)],
)
def test_an_address_is_told_from_a_name(host: str, literal: bool) -> None:
    assert is_literal(host) is literal


async def test_a_literal_address_is_its_own_answer() -> None:
    assert await resolved("127.0.0.9") == ("127.0.0.9",)
    assert await resolved("::1", "6") == ("::1",)
    assert await Names().address("127.0.0.9", "4") == "127.0.0.9"


@pytest.mark.parametrize(("host", "ip"), [("127.0.0.1", "6"), ("::1", "4")])
async def test_a_literal_address_of_the_other_family_is_refused(host: str, ip: str) -> None:
    with pytest.raises(NameNotResolved, match=f"is no IPv{ip} address"):
        await resolved(host, ip)
    with pytest.raises(NameNotResolved):
        await Names().address(host, ip)


async def test_localhost_resolves_in_the_family_asked_for() -> None:
    assert await resolved("localhost", "4") == ("127.0.0.1",)
    assert {socket.AF_INET if "." in address else socket.AF_INET6 for address in await resolved("localhost")}


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".invalid", "nul\0.invalid", "two words.invalid", "", "[", "a/b.invalid"])
async def test_what_cannot_be_a_name_is_not_resolved(host: str) -> None:
    with pytest.raises(NameNotResolved, match="cannot be a host name"):
        await resolved(host)


async def test_those_who_ask_for_one_name_at_once_all_get_it() -> None:
    answers = await asyncio.gather(*(resolved("localhost", "4") for _ in range(20)))
    assert set(answers) == {("127.0.0.1",)}


async def test_a_remembered_name_is_served_without_asking_and_refreshed_behind() -> None:
    names = Names(keep=timedelta(0))
    first = await names.address("localhost", "4")
    for _ in range(3):
        assert await names.address("localhost", "4", timeout=timedelta(0)) == first
        await asyncio.sleep(0.02)


async def test_a_name_that_never_resolved_is_told_within_the_time_given() -> None:
    with pytest.raises(NameNotResolved, match="within 0 s"):
        await Names().address("localhost", "4", timeout=timedelta(0))
    with pytest.raises(NameNotResolved):
        await Names().address("a..b", timeout=SOON)


async def test_nobody_waits_for_a_name_any_more_and_nothing_breaks() -> None:
    asking = asyncio.create_task(resolved("localhost", "4"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await resolved("localhost", "4") == ("127.0.0.1",)


async def test_a_loop_that_closes_before_the_answer_leaves_no_noise(capfd: pytest.CaptureFixture[str]) -> None:
    async def leave() -> None:
        asking = asyncio.ensure_future(resolved("127.1"))
        await asyncio.sleep(0)
        asking.cancel()

    await asyncio.to_thread(asyncio.run, leave())
    await resolved("127.1")
    assert capfd.readouterr().err == ""


def test_a_name_server_of_our_own_its_faults_told_apart_and_outlived() -> None:
    """In a namespace of its own, where the system's resolver asks a server of ours on port 53."""
    script = """
        import asyncio, time
        from datetime import timedelta
        import dns.flags, dns.message, dns.rcode, dns.rrset
        from linewatch.probe.names import NameNotResolved, Names, resolved
        from tests.probe.servers import name_server

        hosts = {("web.test.", "A"): ["192.0.2.1", "192.0.2.2"]}

        def answer(query):
            question = query.question[0]
            name, kind = question.name.to_text(), question.rdtype.name
            reply = dns.message.make_response(query)
            reply.flags |= dns.flags.RA
            texts = hosts.get((name, kind), [])
            if texts:
                reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *texts))
            elif name.startswith("broken"):
                reply.set_rcode(dns.rcode.SERVFAIL)
            elif name.startswith("silent"):
                return []
            elif not any(known == name for known, _ in hosts):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            return [reply.to_wire()]

        async def told(host, ip="any"):
            try:
                print(" ".join(sorted(await resolved(host, ip))))
            except NameNotResolved as error:
                print(error)

        async def main():
            names = Names(keep=timedelta(0), retry=timedelta(0))
            async with name_server(answer, port=53):
                await told("web.test")
                await told("web.test", "6")
                await told("nowhere.test")
                await told("broken.test")
                await told("silent.test")
                first = await names.address("web.test")
                hosts["web.test.", "A"] = ["192.0.2.9", first]
                await names.address("web.test"); await asyncio.sleep(0.3)
                print("stays", await names.address("web.test") == first); await asyncio.sleep(0.3)
                hosts["web.test.", "A"] = ["192.0.2.9"]
                await names.address("web.test"); await asyncio.sleep(0.3)
                print("moves", await names.address("web.test")); await asyncio.sleep(0.3)
            await names.address("web.test"); await asyncio.sleep(0.3)
            print("stale", await names.address("web.test"))
            await told("web.test")

        asyncio.run(main())
    """
    failed = "the name server failed, did not answer or could not be reached"
    assert run_in_namespace(script, NAME_SERVER_HERE).splitlines() == [
        "192.0.2.1 192.0.2.2",
        "web.test: the name has no address of the kind asked for",
        "nowhere.test: the name does not exist",
        f"broken.test: {failed}",
        f"silent.test: {failed}",
        "stays True",
        "moves 192.0.2.9",
        "stale 192.0.2.9",
        f"web.test: {failed}",
    ]
