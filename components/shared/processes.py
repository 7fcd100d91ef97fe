"""Child processes and signal handlers: how they are started, followed and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

OnLine = Callable[[str], None]
"""Called with one line of text, without its line feed."""

_POLL_SECONDS = 0.1
_KILL_SECONDS = 3.0
"""Time after SIGKILL for the kernel to remove the processes of a group."""


@contextmanager
def start_process(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    pipe_output: bool = False,
    new_group: bool = False,
    grace_seconds: float = 0.0,
) -> Iterator[subprocess.Popen[str]]:
    """Run `command` during the block; at its end, end what still runs.

    Standard input is a pipe that closes when this process ends: see `end_with_parent`.

    Args:
        log: file for standard output and standard error; parent folders are made.
        environment: of the child; None: that of this process.
        pipe_output: send standard output to a pipe for `follow_output`, not to the log.
        new_group: make the child the leader of a new process group. All of the group is ended with the block.
        grace_seconds: time between SIGTERM and SIGKILL; 0: SIGKILL at once.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if pipe_output else sink,
            stderr=sink,
            env=environment,
            text=True,
            start_new_session=new_group,
        )
    with child:
        try:
            yield child
        finally:
            _end(child, grace_seconds, is_group=new_group)


def follow_output(child: subprocess.Popen[str], on_line: OnLine) -> int:
    """Call `on_line` with each line that a child with `pipe_output` prints; return its exit status."""
    assert child.stdout is not None, "start_process was called with pipe_output=True"
    for line in child.stdout:
        on_line(line.removesuffix("\n"))
    return child.wait()


@contextmanager
def stopped_after(seconds: float, child: subprocess.Popen[str]) -> Iterator[threading.Event]:
    """Kill `child` if the block takes longer; the event says whether that happened."""
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        child.kill()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield stopped
    finally:
        timer.cancel()


def follow_file(child: subprocess.Popen[str], path: Path, on_line: OnLine) -> int:
    """Call `on_line` with each line appended to the existing file `path`; return the child's exit status.

    A last line without a line feed is unfinished and left out.
    """
    with path.open(encoding="utf-8") as file:
        pending = ""
        while True:
            has_ended = child.poll() is not None
            *lines, pending = (pending + file.read()).split("\n")
            for line in lines:
                on_line(line)
            if has_ended:
                return child.returncode
            time.sleep(_POLL_SECONDS)


def end_with_parent() -> None:
    """Kill this process, and the group that it leads, once its parent has ended for any reason.

    For children of `start_process`. A daemon thread waits for the end of standard input, whose other end the
    parent alone holds: a parent killed by SIGKILL closes it too.
    """
    threading.Thread(target=_wait_for_end_of_input, daemon=True).start()


def _wait_for_end_of_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


@contextmanager
def on_signals(numbers: Iterable[int], handler: Callable[[int], None]) -> Iterator[None]:
    """Call `handler` with the number of each of these signals during the block, then restore the old ones.

    In threads other than the main one the block runs without handlers: Python delivers signals to the main
    thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, lambda number, _: handler(number)) for number in numbers}
    try:
        yield
    finally:
        for number, restored in previous.items():
            signal.signal(number, restored)


def _end(child: subprocess.Popen[str], grace_seconds: float, *, is_group: bool) -> None:
    """Send SIGTERM, wait, send SIGKILL; return as soon as no process is left."""
    endings = [(signal.SIGTERM, grace_seconds)] if grace_seconds else []
    for number, seconds in [*endings, (signal.SIGKILL, _KILL_SECONDS)]:
        if not _send(child, number, is_group=is_group):
            return
        deadline = time.monotonic() + seconds
        with suppress(KeyboardInterrupt):  # a second Ctrl-C ends the wait
            while time.monotonic() < deadline and _is_alive(child, is_group=is_group):
                time.sleep(_POLL_SECONDS)


def _is_alive(child: subprocess.Popen[str], *, is_group: bool) -> bool:
    if child.poll() is not None and is_group:
        with suppress(ChildProcessError):
            # Orphans of the group become children of this process where it is a container's first process.
            while os.waitpid(-child.pid, os.WNOHANG)[0]:
                pass
    return _send(child, 0, is_group=is_group)


def _send(child: subprocess.Popen[str], number: int, *, is_group: bool) -> bool:
    """Send a signal; False if no process is left to receive it."""
    if not is_group:
        child.send_signal(number)
        return child.returncode is None
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return False
    return True
