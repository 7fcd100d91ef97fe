"""The stages of a run, in the order in which they run: the one table of what differs between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage of the pipeline."""

    name: str
    """Of its folder in `components`, its task, its record and its settings."""
    report_part: str | None
    """Key of its figures in `report.json`; None: it has no figures of its own there, or several keys."""
    typical_share: float
    """Part of a run's time, in [0, 1]; the first estimate of the time left."""
    on_gpu: bool = False
    """Whether its task requests a GPU by default and is always priced as one; others are if they held one."""
    optional: bool = False
    """Whether a run has it only where its settings ask for it."""


STAGES = (
    Stage(name="inspect", report_part=None, typical_share=0.0, optional=True),
    Stage(name="ingest", report_part="capture", typical_share=0.02),
    Stage(name="sfm", report_part="sfm", typical_share=0.27),
    Stage(name="train", report_part="train", typical_share=0.60, on_gpu=True),
    Stage(name="compress", report_part="compress", typical_share=0.04, on_gpu=True),
    Stage(name="evaluate", report_part="delivered", typical_share=0.06),
    Stage(name="publish", report_part=None, typical_share=0.01),
)

STAGE_NAMES = tuple(stage.name for stage in STAGES)
REQUIRED_STAGES = tuple(stage.name for stage in STAGES if not stage.optional)
"""Those of every run."""
TYPICAL_SHARES = {stage.name: stage.typical_share for stage in STAGES}
REPORT_PARTS = {stage.name: stage.report_part for stage in STAGES if stage.report_part}
GPU_STAGES = frozenset(stage.name for stage in STAGES if stage.on_gpu)

CONCLUDE = "conclude"
"""The exit task: it runs last in each run, also in one that failed."""


def stages_before(name: str) -> tuple[str, ...]:
    """Names of the stages that run before the stage `name`."""
    return STAGE_NAMES[: STAGE_NAMES.index(name)]
