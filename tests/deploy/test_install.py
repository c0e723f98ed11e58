"""`make install` on a clean Debian tree, the service under a stand-in for systemd's socket, and `make uninstall`."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.netns import Network

ROOT = Path(__file__).parents[2]
CLEAN = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}
CONFIGURATION = """\
[store]
url = "sqlite:////var/lib/linewatch/linewatch.db"

[[line]]
name = "leased-line"
gateway = "127.0.0.1"
anchors = ["127.0.1.1", "127.0.1.2"]
interval = "1s"
"""
# What systemd gives the service: its own user, one capability.
AS_THE_UNIT_SAYS = ["setpriv", "--reuid=linewatch", "--regid=linewatch", "--clear-groups", "--no-new-privs", "--inh-caps=-all,+net_raw"]
AS_THE_UNIT_SAYS += ["--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw"]

pytestmark = pytest.mark.timeout(600)


def must(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a command to its good end; what it said."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=500, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clean Debian with the sources of this checkout in /src and wheels of what they need in /wheels; taken away afterwards."""
    tree = tmp_path_factory.mktemp("debian")
    try:
        archive = must("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages").split()[0]
        packages = "--include=python3,python3-venv,make,systemd"
        tree.chmod(0o755)
        must("debootstrap", "--variant=minbase", packages, "bookworm", tree, archive, env=CLEAN)
        for name in must("git", "-C", ROOT, "ls-files").splitlines():
            (tree / "src" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / "src" / name)
        pip = [ROOT / ".venv/bin/pip", "download", "-q", "-d", tree / "wheels", "-c", ROOT / "constraints.txt"]
        must(*pip, "--python-version", "3.11", "--only-binary=:all:", ROOT, "hatchling")
        yield tree
    finally:
        shutil.rmtree(tree)


def inside(tree: Path, *command: str) -> str:
    """Run a command in the tree, as root, to its good end."""
    return must("chroot", tree, *command, env=CLEAN | OFFLINE)


def left(tree: Path) -> set[str]:
    """What of linewatch is in the tree, outside the sources and wheels."""
    places = ("etc", "opt", "usr/local", "var/lib")
    return {
        str(path.relative_to(tree))
        for place in places
        for path in (tree / place).rglob("*linewatch*")
        if "/.venv/" not in str(path) and path.suffix not in (".db-wal", ".db-shm")
    }


INSTALLED = {
    *("etc/linewatch", "etc/linewatch/linewatch.toml", "etc/systemd/system/linewatch.service"),
    *("etc/systemd/system/multi-user.target.wants/linewatch.service", "opt/linewatch", "usr/local/bin/linewatch", "var/lib/linewatch"),
}


def test_installed_run_and_taken_away(tree: Path) -> None:
    left_over = tree / "opt/linewatch/.venv/bin/python"  # of an install before Debian and its Python were upgraded: it has no pip any more
    left_over.parent.mkdir(parents=True)
    left_over.symlink_to("/usr/bin/python3")
    said = inside(tree, "sh", "-c", "umask 077 && make -s -C /src install")  # as an administrator's may be
    assert "installed; the service starts when the host boots" in said
    assert left(tree) == INSTALLED

    # systemd's own tools have nothing to say against the unit where it is installed.
    assert must("systemd-analyze", "verify", f"--root={tree}", "linewatch.service") == ""
    exposed = must("systemd-analyze", "security", "--offline=true", f"--root={tree}", "linewatch.service")
    [exposure] = re.findall(r"Overall exposure level for linewatch.service: ([0-9.]+)", exposed)
    assert float(exposure) <= 2.0

    config = tree / "etc/linewatch/linewatch.toml"
    assert 'url = "sqlite:////var/lib/linewatch/linewatch.db"' in config.read_text("utf-8")
    about, of_folder = config.stat(), config.parent.stat()
    assert (about.st_mode & 0o777, about.st_uid, about.st_gid) == (0o640, 0, of_folder.st_gid)
    assert of_folder.st_gid != 0
    config.write_text(CONFIGURATION, "utf-8")
    inside(tree, "make", "-s", "-C", "/src", "install")
    assert config.read_text("utf-8") == CONFIGURATION, "an update leaves the configuration as it is"

    watched_as_a_service(tree)
    assert "leased-line" in inside(tree, "linewatch", "status")

    record = (tree / "var/lib/linewatch/linewatch.db").read_bytes()
    said = inside(tree, "make", "-s", "-C", "/src", "uninstall")
    assert "/etc/linewatch and /var/lib/linewatch are left as they are" in said
    kept = {
        "etc/linewatch",
        "etc/linewatch/linewatch.toml",
        "var/lib/linewatch",
        "var/lib/linewatch/linewatch.db",
        "var/lib/linewatch/linewatch.db.lock",
    }
    assert left(tree) == kept
    assert (tree / "var/lib/linewatch/linewatch.db").read_bytes() == record


def watched_as_a_service(tree: Path) -> None:
    """The daemon under its own user, told where systemd would listen: ready, alive, stopped."""
    environment = CLEAN | {"LINEWATCH_CONFIG": "/etc/linewatch/linewatch.toml", "NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1000000"}
    heard = tree / "run/notify"
    with Network() as network, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(heard))
        heard.chmod(0o777)
        manager.settimeout(60)
        command = ["chroot", str(tree), *AS_THE_UNIT_SAYS, "/usr/local/bin/linewatch", "run"]
        daemon = network.namespace().popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert manager.recv(4096).decode().startswith("READY=1\nSTATUS=watching 1 services")
            assert [manager.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
            daemon.terminate()
            said, _ = daemon.communicate(timeout=30)
        finally:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
        assert daemon.returncode == 0, said
        assert "ICMP by raw sockets" in said
        while (last := manager.recv(4096)) != b"STOPPING=1":
            assert last == b"WATCHDOG=1"
    heard.unlink()
    store = tree / "var/lib/linewatch/linewatch.db"
    assert store.stat().st_uid == (tree / "var/lib/linewatch").stat().st_uid != 0
