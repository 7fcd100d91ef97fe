import pytest

from components.shared.contracts.report import Report, RunStatus
from pipelines.photos_to_sog.run_local import LocalJob, run_local


@pytest.fixture
def capture(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.jpg").touch()
    return folder


def run(capture, output, **options):
    arguments = {"capture": str(capture), "output": str(output)}
    pipeline = "tests.pipeline.stub_pipeline:stub"
    return run_local(LocalJob(arguments=arguments, pipeline=pipeline, **options), lambda _: None)


def test_intermediate_results_live_in_s3_and_not_on_the_disk(s3, capture, tmp_path):
    output, work = tmp_path / "out", tmp_path / "work"
    folder = "between #1 what? %20+ {{x}}"
    report = run(capture, output, work=work, artifacts=f"{s3.uri}/{folder}/")
    assert report.status == RunStatus.SUCCEEDED
    assert s3.names() == [f"{folder}/{name}" for name in ("ingest/capture", "sfm/scene", "train/splat")]
    assert s3.get(f"{folder}/sfm/scene") == b"scene of a.jpg, b.jpg, c.jpg"
    assert f"splat.uri {s3.uri}/{folder}/train/splat" in (output / "run.log").read_text()
    left = {path.name for path in work.rglob("*") if path.is_file()}
    assert not left & {"capture", "scene", "splat"}


def test_results_report_and_log_go_to_s3(s3, capture):
    report = run(capture, f"{s3.uri}/results/mine")
    assert report.status == RunStatus.SUCCEEDED
    names = ("progress.json", "report.json", "run.log", "scene.sog")
    assert s3.names() == [f"results/mine/{name}" for name in names]
    assert Report.parse(s3.get("results/mine/report.json"), "report.json") == report
    assert b"finished with status" in s3.get("results/mine/run.log")


@pytest.mark.slow
def test_two_runs_with_odd_outputs_do_not_mix(s3, capture):
    folders = ("results/#1 {{x}}", "results/#10?")
    for folder in folders:
        assert run(capture, f"{s3.uri}/{folder}/").status == RunStatus.SUCCEEDED
    names = ("progress.json", "report.json", "run.log", "scene.sog")
    assert s3.names() == sorted(f"{folder}/{name}" for folder in folders for name in names)


def test_a_failed_run_says_so_in_s3(s3, capture):
    (capture / "c.jpg").unlink()
    report = run(capture, f"{s3.uri}/results/mine")
    assert (report.status, report.failure.type) == (RunStatus.FAILED, "InputError")
    assert s3.names() == [
        f"results/mine/{name}" for name in ("progress.json", "report.html", "report.json", "run.log")
    ]
