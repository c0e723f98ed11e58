"""How far long work has come, for a person who waits: a bar on a terminal, nothing in a pipe or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from linewatch.progress import untold

if TYPE_CHECKING:
    from linewatch.progress import Progress

REDRAWN_A_SECOND = 4
"""Rich's own ten take some percent of the work's time."""


@contextmanager
def progress_bar(wanted: bool = True) -> Iterator[Progress]:
    """What draws bars on standard error, one for each thing that is under way, and takes them away at the end.

    Nothing is drawn where standard error is no terminal, or where none is `wanted`.
    """
    if not wanted or not sys.stderr.isatty():
        yield untold
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    # Rich would send what is printed meanwhile through its own console: a result that is redirected to a file would go to the terminal.
    console = Console(stderr=True)
    with Bars(console=console, transient=True, redirect_stdout=False, redirect_stderr=False, refresh_per_second=REDRAWN_A_SECOND) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: float | None) -> None:
            if what not in tasks:
                for earlier in tasks.values():  # what it told last was some rows before its end
                    bars.update(earlier, total=1.0, completed=1.0)
                tasks[what] = bars.add_task(escape(what), total=None)
            bars.update(tasks[what], total=None if done is None else 1.0, completed=done or 0.0)

        yield show
