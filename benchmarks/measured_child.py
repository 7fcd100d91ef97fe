"""Runs a module in a child process and measures what it and its own children use.

`python -m benchmarks.measured_child LIMIT LOG MODULE ARGUMENTS…` prints the usage as JSON. It is a process
between, since the peak memory of a child is never less than that of the process it was forked from.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from components.shared.processes import end_with_parent

_POLL_SECONDS = 0.02
_CPUS = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a child with its children. peak_bytes: that of the largest of these processes."""

    status: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_measured(module: str, arguments: list[str], log: Path, *, limit_seconds: float) -> Usage:
    """Run `python -m module`; its output goes to `log`. After the limit it is killed, with its children.

    A module that calls `end_with_parent` ends when this process does.
    """
    command = [sys.executable, "-m", "benchmarks.measured_child", str(limit_seconds), str(log), module]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, *arguments], stdin=pipe, stdout=pipe) as measuring:
        assert measuring.stdout is not None
        return Usage(**json.loads(measuring.stdout.read()))


def limit_threads(threads: int) -> None:
    """Let this process and its children run on so many CPUs, as far as possible of different cores."""
    allowed = sorted(os.sched_getaffinity(0), key=_rank_in_core)
    os.sched_setaffinity(0, allowed[:threads])
    os.environ["OMP_NUM_THREADS"] = str(min(threads, len(allowed)))


def _rank_in_core(cpu: int) -> tuple[int, int]:
    siblings = _CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    text = siblings.read_text().strip() if siblings.exists() else str(cpu)
    return int(cpu != min(int(number) for part in text.split(",") for number in part.split("-"))), cpu


def _measure(command: list[str], log: Path, limit_seconds: float) -> Usage:
    begun = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        status, used = _wait(child.pid, begun + limit_seconds)
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        raise
    child.returncode = os.waitstatus_to_exitcode(status)
    return Usage(
        status=child.returncode,
        seconds=time.monotonic() - begun,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_bytes=used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    )


def _wait(pid: int, until: float) -> tuple[int, resource.struct_rusage]:
    while time.monotonic() < until:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, used
        time.sleep(_POLL_SECONDS)
    os.killpg(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    return status, used


if __name__ == "__main__":
    end_with_parent()
    limit, log, *command = sys.argv[1:]
    print(json.dumps(asdict(_measure([sys.executable, "-m", *command], Path(log), float(limit)))))
