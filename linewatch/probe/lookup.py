"""The DNS check: one query to one server, over UDP, and over TCP where the answer did not fit.

dnspython makes and reads the messages. The sockets are ours: its own senders measure with the wall clock, and a connected socket is told of a
closed port, which an unconnected one is not.
"""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.txtbase

from linewatch.probe.attempt import attempted
from linewatch.probe.dial import dialled, endpoint, located, refuse_link_local, socket_address
from linewatch.probe.fault import Fault, fault_of, one_line
from linewatch.probe.names import Names
from linewatch.probe.progress import Phase, Progress
from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.target import DnsTarget

_LARGEST = 65_535
_IP_RECVERR = (socket.IPPROTO_IP, 11)  # linux/in.h; the socket module does not name it yet
_IPV6_RECVERR = (socket.IPPROTO_IPV6, 25)  # linux/in6.h


async def lookup(target: DnsTarget, timeout: timedelta, source: str | None = None, names: Names | None = None) -> Outcome:
    """Ask `target.server` for `target.name` within `timeout`, from the local address `source` where one is given.

    `rtt_us` runs from the query to the answer, over TCP included where UDP's was truncated. One query is sent and not repeated: a lost packet is a
    lost look. Recursion is desired, EDNS not used. NOERROR without a record is as good as any where no `answers` are expected. What comes
    back and is no answer to this query (another id, another question, no DNS) is passed over, and told if nothing better comes.
    """
    return await attempted(lambda progress: _checked(target, progress, source, names), timeout)


async def _checked(target: DnsTarget, progress: Progress, source: str | None, names: Names | None) -> Outcome:
    query = _query(target)
    address = (await located(target.server, progress, source=source, names=names))[0]
    progress.address = address
    progress.begin(Phase.FIRST_BYTE, endpoint(address, target.port))
    answer = await _over_udp(query, address, target.port, source, progress)
    rtt_us = progress.end()
    if answer is None:
        answer = await _over_tcp(query, address, target.port, source, progress)
        rtt_us += (progress.took(Phase.CONNECT) or 0) + (progress.took(Phase.TRANSFER) or 0)
    wrong = _wrong(target, answer)
    if wrong:
        return Outcome(Result.BAD, rtt_us, Cause.DNS, one_line(wrong), progress.exchange())
    return Outcome(Result.OK, rtt_us, exchange=progress.exchange())


def _query(target: DnsTarget) -> dns.message.Message:
    try:
        return dns.message.make_query(target.name, target.record, use_edns=False)
    except (dns.exception.DNSException, ValueError):
        raise Fault(Result.ERROR, Cause.MONITOR, f"no query can be made of {target.record} {target.name}") from None


async def _over_udp(query: dns.message.Message, address: str, port: int, source: str | None, progress: Progress) -> dns.message.Message | None:
    """The answer, or None where it was truncated. Only what comes from the server's own address and port reaches a connected socket."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.setblocking(False)
        try:
            # Without it Linux keeps a router's "host unreachable" from a UDP socket (ip(7), IP_RECVERR).
            connection.setsockopt(*(_IPV6_RECVERR if ":" in address else _IP_RECVERR), 1)
            if source is not None:
                connection.bind((source, 0))
            connection.connect(socket_address(address, port))
            refuse_link_local(connection, address)
            connection.send(query.to_wire())
        except OSError as error:
            raise fault_of(error, progress.whom, at_once=True) from None
        while True:
            wire = await loop.sock_recv(connection, _LARGEST)
            try:
                answer = _answer(query, wire)
                return None if answer.flags & dns.flags.TC else answer
            except (dns.exception.DNSException, ValueError):
                progress.if_late = Fault(Result.BAD, Cause.DNS, f"{progress.whom}: what came back is no answer to the query")


def _answer(query: dns.message.Message, wire: bytes) -> dns.message.Message:
    """The message in `wire`, as much of it as there is where it was truncated. Raises DNSException or ValueError where it does not answer `query`."""
    if wire[:2] != query.to_wire()[:2]:
        raise ValueError("another id")
    answer = dns.message.from_wire(wire, continue_on_error=True)
    if not query.is_response(answer):
        raise ValueError("another question")
    if answer.errors and not answer.flags & dns.flags.TC:
        raise ValueError("damaged")
    return answer


async def _over_tcp(query: dns.message.Message, address: str, port: int, source: str | None, progress: Progress) -> dns.message.Message:
    """The answer over TCP (RFC 7766): each message behind its length in two bytes."""
    wire = query.to_wire()
    connection = await dialled((address,), port, progress, source)
    with connection:
        progress.begin(Phase.TRANSFER)
        await asyncio.get_running_loop().sock_sendall(connection, len(wire).to_bytes(2, "big") + wire)
        length = int.from_bytes(await _exactly(connection, 2, progress.whom), "big")
        reply = await _exactly(connection, length, progress.whom)
    progress.end()
    try:
        return _answer(query, reply)
    except (dns.exception.DNSException, ValueError):
        raise Fault(Result.BAD, Cause.DNS, f"{progress.whom}: what came back over TCP is no answer to the query") from None


async def _exactly(connection: socket.socket, size: int, whom: str) -> bytes:
    loop = asyncio.get_running_loop()
    came = bytearray()
    while len(came) < size:
        piece = await loop.sock_recv(connection, size - len(came))
        if not piece:
            raise Fault(Result.LOST, Cause.CONNECT, f"{whom}: closed the TCP connection before the answer was complete")
        came += piece
    return bytes(came)


def _wrong(target: DnsTarget, answer: dns.message.Message) -> str:
    """What is not as expected, in words; empty where all is."""
    rcode = dns.rcode.to_text(answer.rcode())
    if rcode != target.rcode.upper():
        meaning = {"NXDOMAIN": " (the name does not exist)", "SERVFAIL": " (the server failed)"}.get(rcode, "")
        return f"{target.server} says {rcode}{meaning} for {target.name}, expected {target.rcode.upper()}"
    if not target.answers:
        return ""
    kind = dns.rdatatype.from_text(target.record)
    came = [rdata for rrset in answer.answer if rrset.rdtype == kind for rdata in rrset]
    if {_meaning(rdata) for rdata in came} == {_expected(text, kind) for text in target.answers}:
        return ""
    texts = ", ".join(sorted(rdata.to_text() for rdata in came)) or "no record"
    return f"{target.server} says {texts} for {target.record} {target.name}, expected {', '.join(sorted(target.answers))}"


def _expected(text: str, kind: dns.rdatatype.RdataType) -> bytes:
    """The meaning of an expected record's text, whether its names end in a dot or not; the text itself where it cannot be read as a record."""
    if kind == dns.rdatatype.TXT:
        return text.strip('"').encode()
    try:
        return _meaning(dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin=dns.name.root, relativize=False))
    except (dns.exception.DNSException, ValueError):
        return text.encode()


def _meaning(rdata: dns.rdata.Rdata) -> bytes:
    """What two spellings of one record have in common: names in small letters (RFC 4034, 6.2), a TXT record's strings joined."""
    if isinstance(rdata, dns.rdtypes.txtbase.TXTBase):
        return b"".join(rdata.strings)
    return bytes(rdata.to_digestable(dns.name.root))
