"""What the event loop complains of: a line without a traceback, and not the same again at once."""

from __future__ import annotations

import asyncio
import errno
import logging
import os

import pytest

from linewatch.wiring.amiss import Amiss


def test_what_goes_wrong_in_the_loop_is_a_line_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    class Loop(asyncio.SelectorEventLoop):
        seconds = 100.0

        def time(self) -> float:
            return self.seconds

    loop = Loop()
    loop.set_exception_handler(Amiss())
    full = {"message": "socket.accept() out of system resource", "exception": OSError(errno.EMFILE, os.strerror(errno.EMFILE))}
    with caplog.at_level(logging.ERROR):
        for loop.seconds in (100.0, 101.0, 130.0, 161.0):
            loop.call_exception_handler(full)
        loop.call_exception_handler({"message": "Task was destroyed but it is pending!"})
    loop.close()
    said = "socket.accept() out of system resource: OSError: [Errno 24] Too many open files"
    assert [record.getMessage() for record in caplog.records] == [said, said, "Task was destroyed but it is pending!"]
    assert not any(record.exc_info for record in caplog.records)
