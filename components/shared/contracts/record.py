"""Files that the stages of a run store at its output: records of the stages, counts and times of their tries.

`publish` builds `report.json` from them; they are deleted at the end of the run.
"""

from __future__ import annotations

from pydantic import Field, JsonValue

from components.shared.contracts.contract import Contract
from components.shared.errors import Failure


class StageRecord(Contract):
    """`stages/<stage>.json`: how the last try of a stage ended. A try that was killed leaves none."""

    stage: str
    run: str | None = None
    """Id of the run on its cluster; None on one machine."""
    figures: dict[str, JsonValue] = Field(default_factory=dict)
    """The stage's part of `report.json`; empty where the stage failed before it measured anything."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """Every setting of the stage by name, defaults resolved."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Version of each package that the result depends on, by the package's name."""
    seconds: float = 0.0
    """Wall-clock time of all tries in this run; a killed try counts up to its last heartbeat."""
    cpu_seconds: float = 0.0
    """User and system time of all tries in this run."""
    gpu_seconds: float | None = None
    """`seconds` × GPUs of the pod; where the task requests no GPU, what the stage measured, or None."""
    peak_memory_bytes: int = 0
    """Largest resident set of the last try's processes."""
    retries: int = 0
    """Tries of the same run before the one that wrote this record."""
    failure: Failure | None = None
    final: bool = False
    """Whether another try within this run is pointless."""


class TryCount(Contract):
    """`.kubesplat/tries/<stage>.json`: how often a run started a stage, or a task that belongs to one."""

    run: str
    stage: str
    tries: int


class TryTime(Contract):
    """`.kubesplat/times/<stage>-<number>.json`: time of one try up to its end or its last heartbeat."""

    run: str
    stage: str
    number: int = 1
    """Of the try, from 1."""
    seconds: float
    cpu_seconds: float
    gpu_seconds: float | None
