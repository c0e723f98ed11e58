"""A damaged store, from the daemon's refusal to the report of what was recovered, by the commands that the messages name."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from linewatch.store.opening import open_for_writing
from tests.end_to_end.conftest import linewatch
from tests.store.material import SECOND, T, bad, good, up, url
from tests.store.test_opening import overwrite_page

CONFIG = """
language = "en"
timezone = "UTC"
[store]
url = "sqlite:///{folder}/lw.db"
[[endpoint]]
name = "line"
url = "tcp://127.0.0.1:9"
interval = "3s"
"""


def test_what_the_messages_say_to_do_brings_the_record_back(tmp_path: Path) -> None:
    config, path = tmp_path / "linewatch.toml", tmp_path / "lw.db"
    config.write_text(CONFIG.format(folder=tmp_path))
    store = open_for_writing(url(path))
    store.enrol("line", "endpoint", 3 * SECOND)
    store.keep("line", *good(T), transitions=[up(T)])
    for n in range(1, 900):
        store.keep("line", *(bad if 300 <= n < 320 else good)(T + n * 3 * SECOND))
    assert store.close(10) == 0
    damaged = overwrite_page(path, "states", 0, b"\xa5" * 4096)

    refused = linewatch("run", "-c", str(config))
    assert refused.returncode == 3
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"linewatch: the store {path} is damaged")
    assert path.read_bytes() == damaged
    assert "linewatch db recover FILE" in line

    recovered = linewatch("db", "recover", str(tmp_path / "new.db"), "-c", str(config))
    assert recovered.returncode == 0, recovered.stderr
    rows, torn, then = recovered.stdout.splitlines()
    assert "samples 900" in rows
    assert "3 changes of state were judged anew" in torn
    command = shlex.split(then.partition(": ")[2])
    assert command[0] == "linewatch"
    assert linewatch(*command[1:], "-c", str(config)).returncode == 0
    assert (tmp_path / "lw.db.before-restore").read_bytes() == damaged

    told = linewatch("sla", "-c", str(config), "--from", T.isoformat(), "--to", (T + 2700 * SECOND).isoformat(), "--format", "json")
    (service,) = json.loads(told.stdout)["services"]
    assert (service["seconds"]["down"], service["seconds"]["unknown"]) == (60, 0)
