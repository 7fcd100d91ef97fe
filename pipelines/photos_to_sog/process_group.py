"""A child process with all its descendants: started together, watched, ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_POLL_SECONDS = 0.1
_ENDINGS = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 3.0))
"""Signals and the patience after each, in seconds: stages save their work and remove half-written files."""


@contextmanager
def start_group(
    command: list[str], environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` as the leader of a new group with its output in `log`; leave nothing of it behind."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end_group(child)


def follow_group(child: subprocess.Popen[bytes], lines: Path, on_line: Callable[[str], None]) -> int:
    """Hand on each line that is appended to the file `lines` until the child ends; return its status."""
    with lines.open(encoding="utf-8") as file:
        pending = ""
        while True:
            ended = child.poll() is not None
            pending = _emit(pending + file.read(), on_line)
            if ended:
                return child.returncode
            time.sleep(_POLL_SECONDS)


def _emit(text: str, on_line: Callable[[str], None]) -> str:
    """Hand on the whole lines; return the rest, which a writer has not finished."""
    *whole, rest = text.split("\n")
    for line in whole:
        on_line(line)
    return rest


def _end_group(child: subprocess.Popen[bytes]) -> None:
    for number, patience_seconds in _ENDINGS:
        if not _signal_group(child, number):
            return
        deadline = time.monotonic() + patience_seconds
        with suppress(KeyboardInterrupt):  # a second Ctrl-C: no more patience
            while time.monotonic() < deadline and _group_lives(child):
                time.sleep(_POLL_SECONDS)


def _group_lives(child: subprocess.Popen[bytes]) -> bool:
    child.poll()
    with suppress(ChildProcessError):
        # Orphans of the group become ours where this is a container's first process.
        while os.waitpid(-child.pid, os.WNOHANG)[0]:
            pass
    return _signal_group(child, 0)


def _signal_group(child: subprocess.Popen[bytes], number: int) -> bool:
    """False once the group has no process left."""
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return False
    return True
