import pytest

from components.publish.build_report import STAGES, build_report
from components.publish.settings import PublishSettings

UNPRICED = PublishSettings()
FAILURE = {"type": "ReconstructionError", "stage": "sfm", "message": "5", "remedy": "6", "retryable": False}


def record(stage, seconds=10.0, failure=None, **figures):
    return {
        "stage": stage,
        "figures": figures,
        "seconds": seconds,
        "cpu_seconds": 2 * seconds,
        "gpu_seconds": None,
        "peak_memory_bytes": 1000,
        "retries": 0,
        "failure": failure,
    }


@pytest.fixture
def records():
    return {
        "ingest": record(
            "ingest", images=24, accepted=23, rejected=[{"name": "a.jpg", "verdict": "truncated"}]
        ),
        "sfm": record("sfm", registered=23, registered_fraction=1.0),
        "train": record("train", 3600.0, backend="numba", gaussians=9000, psnr_db=28.5),
        "compress": record("compress", bytes=100, ply_bytes=1000, ratio=10.0),
        "evaluate": record("evaluate", psnr_db=28.3, ssim=0.9, psnr_drop_db=0.2),
        "publish": record("publish"),
    }


def test_every_part_of_the_contract_is_there(records):
    report = build_report(records, succeeded=True, settings=UNPRICED)
    assert list(report) == [
        "schema",
        "status",
        "failure",
        "capture",
        "sfm",
        "train",
        "compress",
        "delivered",
        "stages",
        "totals",
    ]
    assert (report["status"], report["failure"]) == ("succeeded", None)
    assert report["capture"]["rejected"] == [{"name": "a.jpg", "verdict": "truncated"}]
    assert report["delivered"]["psnr_drop_db"] == 0.2
    assert set(report["stages"]["sfm"]) == {
        "seconds",
        "cpu_seconds",
        "gpu_seconds",
        "peak_memory_bytes",
        "cost_usd",
        "retries",
        "cached",
    }


def test_what_was_not_measured_is_null(records):
    report = build_report(records, succeeded=True, settings=UNPRICED)
    assert report["delivered"]["lpips"] is None
    assert report["train"]["resumed_from_step"] is None
    assert report["stages"]["train"]["gpu_seconds"] is None
    assert report["totals"] == {"seconds": 3650.0, "cost_usd": None, "forecast_cost_usd": None}


def test_costs_follow_the_pool_of_the_stage(records):
    settings = PublishSettings(cpu_usd_per_hour=0.36, gpu_usd_per_hour=1.5)
    report = build_report(records, succeeded=True, settings=settings)
    assert report["stages"]["train"]["cost_usd"] == pytest.approx(1.5)
    assert report["stages"]["compress"]["cost_usd"] == pytest.approx(1.5 * 10 / 3600)
    assert report["stages"]["sfm"]["cost_usd"] == pytest.approx(0.001)
    assert report["totals"]["cost_usd"] == pytest.approx(1.5 + 1.5 / 360 + 4 * 0.001)


def test_one_unknown_price_leaves_the_total_unknown(records):
    report = build_report(records, succeeded=True, settings=PublishSettings(cpu_usd_per_hour=1.0))
    assert report["stages"]["sfm"]["cost_usd"] is not None
    assert report["totals"]["cost_usd"] is None


def test_a_failed_record_is_never_a_success(records):
    records["sfm"]["failure"] = FAILURE
    report = build_report(records, succeeded=True, settings=UNPRICED)
    assert (report["status"], report["failure"]) == ("failed", FAILURE)


def test_a_failed_pipeline_without_a_failed_record_names_the_stage_that_left_none(records):
    del records["compress"], records["evaluate"], records["publish"]
    report = build_report(records, succeeded=False, settings=UNPRICED)
    assert report["status"] == "failed"
    assert (report["failure"]["type"], report["failure"]["stage"]) == ("StageLostError", "compress")


def test_a_failed_pipeline_is_failed_even_with_all_records_good(records):
    assert build_report(records, succeeded=False, settings=UNPRICED)["status"] == "failed"


def test_without_a_single_record_the_report_still_has_its_shape():
    report = build_report({}, succeeded=False, settings=UNPRICED)
    assert report["failure"]["stage"] == "ingest"
    assert report["sfm"]["attempts"] is None
    assert list(report["stages"]) == list(STAGES)
    assert report["totals"]["seconds"] is None


def test_a_stage_without_a_record_in_a_good_run_came_from_the_cache(records):
    del records["sfm"]
    report = build_report(records, succeeded=True, settings=UNPRICED)
    assert report["stages"]["sfm"]["cached"] is True
    assert report["stages"]["sfm"]["seconds"] is None
    assert report["stages"]["train"]["cached"] is False
    assert report["totals"]["seconds"] == 3640.0


@pytest.mark.parametrize("price", [-1.0, 0.0, 2000.0])
def test_prices_out_of_bounds_are_refused(price):
    with pytest.raises(ValueError, match="gpu_usd_per_hour is"):
        PublishSettings(gpu_usd_per_hour=price)
