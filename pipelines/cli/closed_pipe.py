"""Streams that cannot be written, and a quiet exit when the reader of stdout is closed, as in
`kubesplat status | head`."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDOUT = 1

SIGPIPE_STATUS = 141
"""Exit status that shells report for a program killed by SIGPIPE: 128 + 13."""


def ready_streams() -> None:
    """Let printing fail neither where a terminal cannot show a character, nor where a stream is closed."""
    for name in ("stdin", "stdout", "stderr"):  # in this order each gets its own number, if that is free
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
        elif name != "stdin" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def quiet_closed_pipe() -> Iterator[None]:
    """Exit with `SIGPIPE_STATUS` if the block ends because the reader of stdout is closed.

    SIGPIPE stays ignored, as is Python's default: it would also end the program at an interrupted connection.
    """
    if sys.stdout is None or sys.stdout.closed:
        yield
        return
    stdout = os.dup(sys.stdout.fileno())  # rich replaces stdout by /dev/null when the pipe breaks
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _end(stdout)
        raise
    except SystemExit as end:
        if end.code == 1:  # rich's and click's status for a broken pipe; no kubesplat failure has it
            _end(stdout)
        raise
    finally:
        os.close(stdout)


def reader_is_closed(output: int) -> bool:
    """Whether the other end of this pipe or socket is closed; False for a file or a terminal."""
    poll = select.poll()
    poll.register(output, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _end(stdout: int) -> None:
    if reader_is_closed(stdout):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())  # Python flushes the remaining buffer to it at exit
        os.close(null)
        raise SystemExit(SIGPIPE_STATUS)
