"""An end without a word once nobody reads what is printed, as in `kubesplat status | head`."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDOUT = 1

SIGPIPE_STATUS = 141
"""What shells report for a program that a closed pipe has ended: 128 + SIGPIPE."""


@contextmanager
def quiet_closed_pipe() -> Iterator[None]:
    """End with `SIGPIPE_STATUS` if the block ends because the reader of stdout is gone.

    SIGPIPE itself stays ignored, as Python has it: it would also kill at a connection that breaks off.
    """
    if sys.stdout is None or sys.stdout.closed:
        yield
        return
    stdout = os.dup(sys.stdout.fileno())  # rich puts /dev/null in its place when the pipe breaks
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _end(stdout)
        raise
    except SystemExit as end:
        if end.code == 1:  # rich's and click's answer to a broken pipe; no failure of ours has this status
            _end(stdout)
        raise
    finally:
        os.close(stdout)


def reader_is_gone(output: int) -> bool:
    """Whether the other end of this pipe or socket is closed; never of a file or a terminal."""
    poll = select.poll()
    poll.register(output, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _end(stdout: int) -> None:
    if reader_is_gone(stdout):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())  # what is still in its buffer goes there when Python ends
        os.close(null)
        raise SystemExit(SIGPIPE_STATUS)
