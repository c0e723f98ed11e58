"""Ten thousand ICMP packets a second that answer nothing, and to every request a forged reply from the address that was asked.

    python -m tests.end_to_end.faults.flood INTERFACE VICTIM SECONDS SEED SOURCE…

Runs where the sources are. Three packets in four are noise with a right checksum (replies and errors of any length), one in four is a reply of
random bytes; the forged replies have the identifier, the sequence number and the address of the request that they overtake, and another token.
Prints as JSON how many of each were sent, and in how many seconds.
"""

from __future__ import annotations

import json
import random
import select
import socket
import struct
import sys
import time

from linewatch.probe.echo import ICMPV4, checksum, ipv4_payload, request_body

A_SECOND = 10_000
BEATS = 100  # in a second
ETH_P_IP = 0x0800


def summed(message: bytes) -> bytes:
    return message[:2] + struct.pack("!H", checksum(message[:2] + b"\0\0" + message[4:])) + message[4:]


def noise(chance: random.Random) -> bytes:
    if chance.random() < 0.25:
        return b"\0" + chance.randbytes(chance.randrange(1, 120))  # the kernel sends no shorter one
    kind = chance.choice((ICMPV4.reply, ICMPV4.unreachable, ICMPV4.time_exceeded))
    return summed(bytes([kind, chance.choice((0, 0, chance.randrange(256)))]) + chance.randbytes(chance.randrange(6, 90)))


def forged(packet: bytes, chance: random.Random) -> tuple[bytes, str] | None:
    """The reply that is none to the request in an IP packet, and from whom."""
    body = request_body(ICMPV4, ipv4_payload(packet)) if packet[9] == ICMPV4.protocol else b""
    if len(body) < 5:
        return None
    at = chance.randrange(4, len(body))
    lie = body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]
    return summed(b"\0\0\0\0" + lie), socket.inet_ntoa(packet[16:20])


def main(interface: str, victim: str, seconds: float, seed: int, sources: list[str]) -> None:
    chance = random.Random(seed)
    senders = {}
    for source in sources:
        senders[source] = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        senders[source].setsockopt(255, 1, struct.pack("=I", 0xFFFFFFFF))  # SOL_RAW, ICMP_FILTER: let nothing in
        senders[source].bind((source, 0))
    # Sees a request before the firewall does: where the true reply is cut, the forged one is not.
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    wire.bind((interface, ETH_P_IP))
    made = [(noise(chance), senders[chance.choice(sources)]) for _ in range(5_000)]
    sent = forgeries = 0
    began = time.monotonic()
    while sent < A_SECOND * seconds:
        for message, sender in made[sent % len(made) :][: A_SECOND // BEATS]:
            sender.sendto(message, (victim, 0))
        sent += A_SECOND // BEATS
        while True:
            wait_s = max(0.0, began + sent / A_SECOND - time.monotonic())
            if not select.select([wire], [], [], wait_s)[0]:
                break
            lie = forged(wire.recv(576), chance)
            if lie is not None and lie[1] in senders:
                senders[lie[1]].sendto(lie[0], (victim, 0))
                forgeries += 1
    print(json.dumps({"noise": sent, "forged": forgeries, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
