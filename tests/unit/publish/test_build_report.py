from dataclasses import replace

import pytest

from components.publish.build_report import build_report
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.contracts.record import StageRecord
from components.shared.errors import Failure
from components.shared.stages import REQUIRED_STAGES
from components.shared.tries import Tries

UNPRICED = PublishSettings()
FAILURE = Failure("ReconstructionError", "sfm", "5 of 24 photos fit", "Take more.", retryable=False)


def record(stage, seconds=10.0, **figures):
    return StageRecord(
        stage=stage,
        figures=figures,
        settings={"seed": 7},
        versions={"kubesplat": "1.2.3"},
        seconds=seconds,
        cpu_seconds=2 * seconds,
        peak_memory_bytes=1000,
    )


def build(records, *, state=RunState.SUCCEEDED, settings=UNPRICED, **options):
    """The content of the report's file."""
    return build_report(records, state=state, settings=settings, **options).to_json()


@pytest.fixture
def records():
    return {
        "ingest": record(
            "ingest",
            images=24,
            accepted=23,
            rejected=[{"name": "a.jpg", "verdict": "truncated", "reason": "cut off"}],
        ),
        "sfm": record("sfm", registered=23, registered_fraction=1.0),
        "train": record("train", 3600.0, backend="numba", gaussians=9000, psnr_db=28.5),
        "compress": record("compress", bytes=100, ply_bytes=1000, ratio=10.0),
        "evaluate": record("evaluate", psnr_db=28.3, ssim=0.9, psnr_drop_db=0.2),
        "publish": record("publish"),
    }


def test_every_part_of_the_contract_is_there(records):
    report = build(records)
    assert list(report) == [
        "schema",
        "run",
        "status",
        "failure",
        "earlier_scene_at",
        "inspection",
        "capture",
        "sfm",
        "train",
        "compress",
        "delivered",
        "stages",
        "totals",
        "files",
    ]
    assert (report["status"], report["failure"]) == ("succeeded", None)
    assert report["capture"]["rejected"] == [{"name": "a.jpg", "verdict": "truncated", "reason": "cut off"}]
    assert report["delivered"]["psnr_drop_db"] == 0.2
    assert report["stages"]["sfm"]["settings"] == {"seed": 7}
    assert report["stages"]["sfm"]["versions"] == {"kubesplat": "1.2.3"}
    assert set(report["stages"]["sfm"]) == {
        "seconds",
        "cpu_seconds",
        "gpu_seconds",
        "peak_memory_bytes",
        "cost_usd",
        "spot_cost_usd",
        "usd_per_hour",
        "forecast_seconds",
        "forecast_cost_usd",
        "saved_by_cache_usd",
        "tries",
        "retries",
        "cached",
        "settings",
        "versions",
    }


def test_what_was_not_measured_is_null(records):
    report = build(records)
    assert report["delivered"]["lpips"] is None
    assert report["train"]["resumed_from_step"] is None
    assert report["stages"]["train"]["gpu_seconds"] is None
    unknown = dict.fromkeys(report["totals"])
    assert report["totals"] == {**unknown, "seconds": 3650.0, "tries": 6}


def test_costs_follow_the_pool_of_the_stage(records):
    settings = PublishSettings(cpu_usd_per_hour=0.36, gpu_usd_per_hour=1.5)
    report = build(records, settings=settings)
    assert report["stages"]["train"]["cost_usd"] == pytest.approx(1.5)
    assert report["stages"]["compress"]["cost_usd"] == pytest.approx(1.5 * 10 / 3600)
    assert report["stages"]["sfm"]["cost_usd"] == pytest.approx(0.001)
    assert report["totals"]["cost_usd"] == pytest.approx(1.5 + 1.5 / 360 + 4 * 0.001)


def test_a_stage_that_held_a_gpu_is_priced_as_one(records):
    """As sfm with `gpus: 1` in the task settings."""
    settings = PublishSettings(cpu_usd_per_hour=0.36, gpu_usd_per_hour=1.5)
    records["sfm"] = records["sfm"].replace(gpu_seconds=records["sfm"].seconds)
    report = build(records, settings=settings)
    assert report["stages"]["sfm"]["gpu_seconds"] == report["stages"]["sfm"]["seconds"] == 10
    assert report["stages"]["sfm"]["cost_usd"] == pytest.approx(1.5 * 10 / 3600)
    assert report["stages"]["ingest"]["cost_usd"] == pytest.approx(0.001)


def test_a_gpu_that_only_a_killed_try_held_is_priced_too(records):
    settings = PublishSettings(cpu_usd_per_hour=0.36, gpu_usd_per_hour=1.5)
    tries = {"sfm": Tries(count=2, seconds=40.0, gpu_seconds=40.0)}
    stages = build(records, settings=settings, tries=tries)["stages"]
    assert stages["sfm"]["cost_usd"] == pytest.approx(1 / 60)


def test_one_unknown_price_leaves_the_total_unknown(records):
    report = build(records, settings=PublishSettings(cpu_usd_per_hour=1.0))
    assert report["stages"]["sfm"]["cost_usd"] is not None
    assert report["totals"]["cost_usd"] is None


def test_a_failed_record_is_never_a_success(records):
    records["sfm"] = records["sfm"].replace(failure=FAILURE)
    report = build(records)
    assert (report["status"], report["failure"]) == ("failed", FAILURE.to_json())


def test_a_failed_pipeline_without_a_failed_record_names_the_stage_that_left_none(records):
    del records["compress"], records["evaluate"], records["publish"]
    report = build(records, state=RunState.FAILED)
    assert report["status"] == "failed"
    assert (report["failure"]["type"], report["failure"]["stage"]) == ("StageLostError", "compress")


def test_a_failed_pipeline_is_failed_even_with_all_records_good(records):
    assert build(records, state=RunState.FAILED)["status"] == "failed"


def test_without_a_single_record_the_report_still_has_its_shape():
    report = build({}, state=RunState.FAILED)
    assert report["failure"]["stage"] == "ingest"
    assert report["sfm"]["attempts"] is None
    assert list(report["stages"]) == list(REQUIRED_STAGES)
    assert report["totals"]["seconds"] is None


def test_a_stage_without_a_record_in_a_good_run_came_from_the_cache(records):
    del records["sfm"]
    report = build(records)
    assert report["stages"]["sfm"]["cached"] is True
    assert report["stages"]["sfm"]["seconds"] is None
    assert report["stages"]["train"]["cached"] is False
    assert report["totals"]["seconds"] == 3640.0


CACHED_SFM = {"registered": 12, "registered_fraction": 0.5, "points": 900, "attempts": []}


def test_what_a_cached_stage_found_is_recovered_and_its_time_is_not(records):
    del records["ingest"], records["sfm"]
    parts = {"capture": {"images": 24}, "sfm": CACHED_SFM, "train": {"gaussians": 1}}
    records["publish"] = records["publish"].replace(figures={"files": {}, "parts": parts})
    report = build(records)
    unknown = dict.fromkeys(["reprojection_error_px", "unregistered", "georeference"])
    assert report["sfm"] == {**CACHED_SFM, **unknown}
    assert report["capture"] == {
        "images": 24,
        "accepted": None,
        "rejected": None,
        "changes": None,
        "notes": None,
    }
    assert report["train"]["gaussians"] == 9000  # it ran: its own record counts
    assert report["stages"]["sfm"] == {**dict.fromkeys(report["stages"]["sfm"]), "cached": True}
    assert report["totals"]["seconds"] == 3630.0


def test_time_counts_tries_that_left_no_record(records):
    del records["compress"], records["evaluate"], records["publish"]
    tries = {
        "list-capture": Tries(2, seconds=9.0),
        "sfm": Tries(1, seconds=10.0, cpu_seconds=20.0),
        "train": Tries(1, seconds=3600.0, cpu_seconds=7200.0),
        "compress": Tries(3, seconds=360.0, cpu_seconds=100.0, gpu_seconds=360.0),
    }
    priced = PublishSettings(cpu_usd_per_hour=1.0, gpu_usd_per_hour=2.0)
    report = build(records, state=RunState.UNKNOWN, settings=priced, tries=tries, run="id")
    lost = report["stages"]["compress"]
    assert (lost["seconds"], lost["gpu_seconds"], lost["retries"], lost["cached"]) == (360.0, 360.0, 2, False)
    assert lost["cost_usd"] == pytest.approx(0.2)
    assert report["totals"]["seconds"] == 3980.0
    assert report["totals"]["tries"] == 2 + 1 + 1 + 1 + 3
    assert (report["run"], report["failure"]["stage"]) == ("id", "compress")


def test_a_record_of_an_early_try_does_not_hide_later_ones(records):
    away = replace(FAILURE, stage="train", message="away", retryable=True)
    records["train"] = records["train"].replace(failure=away)
    tries = {"train": Tries(2, seconds=5000.0, cpu_seconds=1.0)}
    report = build(records, state=RunState.UNKNOWN, tries=tries)
    train = report["stages"]["train"]
    assert (train["seconds"], train["cpu_seconds"], train["retries"]) == (5000.0, 7200.0, 1)
    assert report["failure"]["type"] == "StageLostError"
    assert "one before it failed: away" in report["failure"]["message"]


def test_a_stage_from_the_cache_has_the_settings_that_the_run_began_with(records):
    del records["sfm"]
    chosen = {"sfm": {"seed": 9}, "train": {"seed": 9}}
    stages = build(records, chosen=chosen)["stages"]
    assert stages["sfm"]["cached"] is True
    assert stages["sfm"]["settings"] == {"seed": 9}
    assert stages["train"]["settings"] == {"seed": 7}


INSPECTED = {"verdicts": {"expected": 3}, "expected_registered": 3, "gaussians": 300_000}


def test_an_inspection_is_a_stage_of_the_runs_that_have_one(records):
    assert "inspect" not in build(records)["stages"]
    assert build(records)["inspection"]["verdicts"] is None
    inspected = record("inspect", 30.0, inspection=INSPECTED, capture={"images": 99})
    report = build({**records, "inspect": inspected})
    assert list(report["stages"])[:2] == ["inspect", "ingest"]
    assert report["inspection"]["verdicts"] == {"expected": 3}
    assert report["capture"]["images"] == 24, "as ingest counted"
    assert report["totals"]["seconds"] == build(records)["totals"]["seconds"] + 30.0


def test_a_run_that_its_inspection_stops_still_knows_its_capture():
    rejected = [{"name": "a.jpg", "verdict": "truncated", "reason": "cut off"}]
    stopped = record("inspect", inspection=INSPECTED, capture={"images": 4, "rejected": rejected})
    failure = replace(FAILURE, stage="inspect")
    report = build({"inspect": stopped.replace(failure=failure)}, state=RunState.FAILED)
    assert (report["status"], report["failure"]["stage"]) == ("failed", "inspect")
    assert report["capture"]["rejected"] == rejected
    assert report["inspection"]["expected_registered"] == 3
    assert report["stages"]["ingest"]["cached"] is None


def test_an_inspection_that_was_killed_is_named():
    report = build({}, state=RunState.FAILED, chosen={"inspect": {"enabled": True}})
    assert report["failure"]["stage"] == "inspect"
