"""Wall-clock and CPU time of a stage, counted as the operating system counts its process.

A pod holds its node while Python starts and imports, too: where the process exists for the stage alone, as in
a task of Kubeflow, the clock starts with the process.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from components.shared.resources import cpu_seconds

_EXECUTOR = "kfp.dsl.executor_main"
"""Main module of a process that Kubeflow's launcher, or its local runner, starts for one component."""


def _is_process_of_one_stage() -> bool:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == _EXECUTOR


def _process_age_seconds() -> float:
    """Since this process was started; 0 where there is no /proc."""
    stat, uptime = Path("/proc/self/stat"), Path("/proc/uptime")
    if not stat.exists():
        return 0.0
    # The name of the program, in parentheses, may hold spaces; the 22nd field is the start, in clock ticks.
    started = float(stat.read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return max(0.0, float(uptime.read_text().split()[0]) - started)


def _started() -> float:
    return time.monotonic() - (_process_age_seconds() if _is_process_of_one_stage() else 0.0)


def _cpu_started() -> float:
    return 0.0 if _is_process_of_one_stage() else cpu_seconds()


@dataclass(frozen=True, slots=True)
class StageClock:
    """Time since this object was made, or since its process started."""

    _started: float = field(default_factory=_started)
    _cpu_started: float = field(default_factory=_cpu_started)

    def seconds(self) -> float:
        """Wall-clock time."""
        return time.monotonic() - self._started

    def cpu_seconds(self) -> float:
        """User and system time of the process and of its ended children."""
        return cpu_seconds() - self._cpu_started
