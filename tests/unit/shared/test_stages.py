import pytest

from components.shared.stages import (
    GPU_STAGES,
    REPORT_PARTS,
    REQUIRED_STAGES,
    STAGE_NAMES,
    TYPICAL_SHARES,
    stages_before,
)
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS
from pipelines.task_settings.defaults import TASKS


def test_typical_shares_add_up_to_the_whole_run():
    assert sum(TYPICAL_SHARES.values()) == pytest.approx(1.0)


def test_tasks_of_gpu_stages_request_gpus_and_no_others_do():
    assert {name for name, task in TASKS.items() if task.gpus} == GPU_STAGES


def test_every_stage_has_settings():
    assert tuple(STAGE_SETTINGS) == STAGE_NAMES


def test_every_stage_but_the_last_has_a_part_of_the_report():
    assert list(REPORT_PARTS.values()) == ["capture", "sfm", "train", "compress", "delivered"]


def test_stages_before_a_stage_are_in_the_order_in_which_they_run():
    assert stages_before("evaluate") == ("inspect", "ingest", "sfm", "train", "compress")
    assert stages_before("inspect") == ()


def test_an_inspection_is_the_only_stage_that_runs_may_do_without():
    assert ("inspect", *REQUIRED_STAGES) == STAGE_NAMES
