"""Networks of a test's own: network namespaces without a name, veth pairs between them, nft rules and sysctls inside them.

A namespace is held by a file descriptor and by nothing else, so the kernel removes it, its interfaces and its rules when the descriptor is
closed, and also when the test process is killed: nothing is left behind. Needs root.

    with Network() as network:
        here, there = network.namespace(), network.namespace()
        network.link(here, "10.77.0.1/24", there, "10.77.0.2/24")
        there.nft("add rule inet filter input ip daddr 10.77.0.2 drop")
        with here.inside():                       # this thread, and sockets and children that it makes
            ...
        daemon = here.popen(["linewatch", "run"])
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

CLONE_NEWNET = 0x40000000
CAP_NET_RAW = 13
CAPABILITY_VERSION_3 = 0x20080522
# include/uapi/linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network namespace with loopback up and an nft table `inet filter` of empty chains `input`, `forward` and `output`."""

    def __init__(self) -> None:
        before = _here()
        try:
            _check(_libc.unshare(CLONE_NEWNET))
            self._fd = _here()
            _check(_libc.setns(before, CLONE_NEWNET))
        finally:
            os.close(before)
        self.sysctl("net/ipv6/conf/default/accept_dad", "0")  # an address under duplicate detection cannot be sent from yet
        self.sysctl("net/ipv4/icmp_ratemask", "0")  # of ICMP errors none is rationed, but those for want of a route (five, then one a second)
        self.sysctl("net/ipv6/icmp/ratemask", "2")
        self.ip("link set lo up")
        self.nft("add table inet filter")
        for hook in ("input", "forward", "output"):
            self.nft(f"add chain inet filter {hook} {{ type filter hook {hook} priority 0 ; }}")

    @property
    def path(self) -> str:
        """What `ip link ... netns` and `nsenter --net=` take, as long as this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have this thread in the namespace: a socket belongs for good to the namespace in which it was made, children inherit it."""
        before = _here()
        try:
            _check(_libc.setns(self._fd, CLONE_NEWNET))
            yield
        finally:
            _check(_libc.setns(before, CLONE_NEWNET))
            os.close(before)

    def run(self, command: Sequence[str], timeout: float = 20) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace to its end; what it printed comes back, whatever its exit code."""
        with self.inside():
            return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a command in the namespace; who starts it ends it."""
        with self.inside():
            return subprocess.Popen(command, **options)

    def ip(self, arguments: str) -> None:
        """An `ip` command. An IPv6 address is ready when this returns: the kernel makes it so after the command, on a busy host much later."""
        self._must(["ip", *arguments.split()])
        if "addr add" in arguments and ":" in arguments:
            end = time.monotonic() + 10
            while self.run(["ip", "-6", "-o", "addr", "show", "tentative"]).stdout:
                assert time.monotonic() < end, f"{arguments}: still tentative"
                time.sleep(0.01)

    def tc(self, arguments: str) -> None:
        """A `tc` command."""
        self._must(["tc", *arguments.split()])

    def nft(self, command: str) -> None:
        """An `nft` command."""
        self._must(["nft", command])

    def sysctl(self, key: str, value: str) -> None:
        """Set a sysctl of the namespace, its key with slashes: `net/ipv4/ip_forward`."""
        with self.inside():
            Path("/proc/sys", key).write_text(value, encoding="ascii")

    def tun(self, name: str, address: str) -> int:
        """A TUN device, up, with an address (prefix length included): whole IPv4 packets are read from the descriptor and written to it.

        The device is gone when its last descriptor is closed.
        """
        with self.inside():
            fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        self.sysctl(f"net/ipv6/conf/{name}/disable_ipv6", "1")  # no router solicitations among what is counted
        self.ip(f"addr add {address} dev {name}")
        self.ip(f"link set {name} up")
        return fd

    def close(self) -> None:
        """Let go of it; the kernel removes it once no process and no socket is in it."""
        os.close(self._fd)

    def _must(self, command: Sequence[str]) -> None:
        done = self.run(command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


class Network:
    """Namespaces and the links between them, gone when the `with` ends."""

    def __init__(self) -> None:
        self._namespaces: list[Namespace] = []
        self._numbers = count()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        for namespace in self._namespaces:
            namespace.close()

    def namespace(self) -> Namespace:
        """A new one."""
        made = Namespace()
        self._namespaces.append(made)
        return made

    def link(self, one: Namespace, address: str, other: Namespace, other_address: str) -> tuple[str, str]:
        """A cable between two namespaces, an address with prefix length at each end; the names of the two interfaces."""
        number = next(self._numbers)
        names = f"near{number}", f"far{number}"
        one.ip(f"link add {names[0]} type veth peer name {names[1]} netns {other.path}")
        for namespace, name, own in ((one, names[0], address), (other, names[1], other_address)):
            namespace.ip(f"addr add {own} dev {name}")
            namespace.ip(f"link set {name} up")
        return names


@contextmanager
def without_raw_sockets() -> Iterator[None]:
    """Have this thread without CAP_NET_RAW, as an ordinary user's is; what the kernel then refuses is the real refusal."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    before = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then the same of the upper 32 capabilities
    _check(_libc.capget(header, before))
    without = (ctypes.c_uint32 * 6)(*before)
    without[0] &= ~(1 << CAP_NET_RAW)
    _check(_libc.capset(header, without))
    try:
        yield
    finally:
        _check(_libc.capset(header, before))


def _here() -> int:
    """A descriptor of this thread's network namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
