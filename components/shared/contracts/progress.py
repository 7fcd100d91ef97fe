"""`progress.json`: how far a run is, for whoever can read its output; written while it runs."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.errors import Failure

StageState = Literal["waiting", "running", "done", "reused", "failed"]
"""`reused`: the result of an earlier run was taken."""


class StageProgress(Contract):
    """How far one stage is."""

    state: StageState = "waiting"
    fraction: float = 0.0
    """Finished part of the stage, in [0, 1]."""
    phase: str = ""
    """Current work, such as `Iter 1000`."""
    note: str = ""
    """Its figures, such as `Loss=0.0250, Gaussians=15000, PSNR=24.10`."""
    seconds: float = 0.0
    """Since the stage started, all tries together."""
    seconds_left: float | None = None
    """At the speed of this try; None where that is not known."""


class RunProgress(Contract):
    """The content of `progress.json`, which a running stage writes every few seconds to every minute."""

    schema_version: SchemaVersion = 1
    run: str | None = None
    """Id of the run on its cluster; None on one machine."""
    status: Literal["running", "succeeded", "failed"] = "running"
    started_at: AwareDatetime
    updated_at: AwareDatetime
    """All figures are of this time."""
    stage: str | None = None
    """The stage that runs, or the last one that ran; None before the first."""
    fraction: float = 0.0
    """Finished part of the run, in [0, 1], by the typical shares of the stages."""
    seconds_left: float | None = None
    """To the end of the run, without waits for nodes; None while too little is known."""
    failure: Failure | None = None
    stages: dict[str, StageProgress] = Field(default_factory=dict)
    """By name, in the order in which they run."""
