"""What the stages before this one said about themselves, for the report's account of time."""

from __future__ import annotations

from components.shared.contracts.record import StageRecord
from components.shared.stage import read_records
from components.shared.stages import stages_before
from components.shared.storage import open_storage


def stage_records(output: str) -> list[StageRecord]:
    """The records of this run; a stage whose result came from Kubeflow's cache has none."""
    return list(read_records(open_storage(output), stages_before("evaluate")).values())
