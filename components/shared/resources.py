"""CPUs and memory that this container may use, as opposed to those of the host."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MEMORY_SHARE = 0.6
"""Of the memory, for threads that hold much each."""


def available_cpus() -> int:
    """Whole CPUs that the cgroup's quota and the affinity mask allow, at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cpu_quota()
    return max(1, min(allowed, int(quota) if quota and quota >= 1 else allowed))


def available_memory_bytes() -> int:
    """Memory limit of the cgroup, or the physical memory without one."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        path = _CGROUP / name
        if path.exists() and (limit := path.read_text().strip()) != "max":
            return min(physical, int(limit))
    return physical


def threads_that_fit(bytes_per_thread: float) -> int:
    """One thread per CPU, or fewer if what each holds would not fit into memory; at least 1."""
    fitting = int(_MEMORY_SHARE * available_memory_bytes() / max(1.0, bytes_per_thread))
    return max(1, min(available_cpus(), fitting))


def peak_memory_bytes() -> int:
    """Largest resident set so far of this process or of any child that has ended."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) * unit


def cpu_seconds() -> float:
    """User and system time of this process and of its ended children."""
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _cpu_quota() -> float | None:
    version_2 = _CGROUP / "cpu.max"
    if version_2.exists():
        quota, period = version_2.read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    version_1 = _CGROUP / "cpu" / "cpu.cfs_quota_us"
    if version_1.exists() and int(version_1.read_text()) > 0:
        return int(version_1.read_text()) / int((version_1.parent / "cpu.cfs_period_us").read_text())
    return None
