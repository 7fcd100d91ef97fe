import json
import tarfile
from importlib.metadata import version

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import KDTree
from typer.testing import CliRunner

from components.shared.ply.read_ply import read_ply
from components.shared.scene_files.read_scene import read_scene
from components.shared.sog.read_sog import read_sog
from pipelines.cli.local.demo import _viewmats
from pipelines.cli.main import app
from pipelines.photos_to_sog.run_local import LocalJob, run_local
from tests.rendered.damaged import two_parts

TINY = {
    "inspect": True,
    "steps": 300,
    "max_gaussians": 3000,
    "image_max_side_px": 160,
    "min_points": 200,
    "cpu_usd_per_hour": 0.4,
    "gpu_usd_per_hour": 1.2,
    "formats": "spz,lod",
}


@pytest.fixture(scope="module")
def finished(small_demo, tmp_path_factory):
    """The output folder and the report of the real pipeline on the small demo capture."""
    output = tmp_path_factory.mktemp("run") / "out"
    arguments = {"capture": str(small_demo.folder), "output": str(output), **TINY}
    events = []
    report = run_local(LocalJob(arguments=arguments), events.append).to_json()
    assert report["status"] == "succeeded", report["failure"]
    return output, report, events


def test_all_results_are_there_under_their_final_names_and_nothing_else(finished):
    output, _, _ = finished
    assert sorted(path.name for path in output.iterdir()) == [
        "colmap.tar",
        "flythrough.mp4",
        "lod",
        "progress.json",
        "report.html",
        "report.json",
        "run.log",
        "scene.ply",
        "scene.sog",
        "scene.spz",
        "thumbnail.webp",
        "viewer.html",
    ]


def test_further_formats_hold_the_same_scene_and_are_in_the_reports(finished):
    output, report, _ = finished
    gaussians = report["train"]["gaussians"]
    assert len(read_scene(output / "scene.spz")) == len(read_scene(output / "lod")) == gaussians
    lod_bytes = sum(path.stat().st_size for path in (output / "lod").rglob("*") if path.is_file())
    spz_bytes = (output / "scene.spz").stat().st_size
    assert report["compress"]["exports"] == {"spz": spz_bytes, "lod": lod_bytes}
    page = (output / "report.html").read_text()
    assert 'href="scene.spz"' in page
    assert 'href="lod/lod-meta.json"' in page


def test_every_figure_of_the_report_was_measured(finished):
    _, report, _ = finished
    unmeasured = {("delivered", "lpips"), ("train", "resumed_from_step"), ("train", "ended_early")}
    if report["train"]["device"] == "cpu":
        unmeasured.add(("train", "gpu_usage"))
    for part in ("inspection", "capture", "sfm", "train", "compress", "delivered"):
        for name, value in report[part].items():
            assert (value is None) == ((part, name) in unmeasured), f"{part}.{name} is {value}"
    assert report["inspection"]["verdicts"] == {"expected": 12}
    assert report["capture"]["accepted"] == 12
    assert report["sfm"]["registered"] == 12
    assert report["train"]["steps"] == TINY["steps"]
    assert report["train"]["gaussians"] <= TINY["max_gaussians"]
    assert report["delivered"]["psnr_db"] > 15
    assert report["delivered"]["psnr_drop_db"] < 1


def test_every_stage_names_the_versions_that_it_ran_with(finished):
    _, report, _ = finished
    for stage, cost in report["stages"].items():
        assert cost["versions"]["kubesplat"] == version("kubesplat"), stage
    assert report["stages"]["sfm"]["versions"]["pycolmap"] == version("pycolmap")


def test_every_stage_says_what_it_cost(finished):
    _, report, _ = finished
    for name, stage in report["stages"].items():
        assert stage["seconds"] > 0, name
        assert stage["peak_memory_bytes"] > 2**20, name
        assert stage["retries"] == 0, name
        price = 1.2 if name in ("train", "compress") else 0.4
        assert stage["cost_usd"] == pytest.approx(stage["seconds"] / 3600 * price), name
    assert report["totals"]["seconds"] == pytest.approx(
        sum(stage["seconds"] for stage in report["stages"].values())
    )


def test_the_sog_holds_what_was_trained(finished):
    output, report, _ = finished
    delivered, trained = read_sog(output / "scene.sog"), read_ply(output / "scene.ply")
    assert len(trained) == report["train"]["gaussians"]
    assert len(delivered) == report["compress"]["gaussians"]
    left_out = report["compress"]["left_out"]
    assert len(delivered) + sum(left_out.values()) == len(trained)
    assert set(left_out) <= {"hardly seen in any view"}
    assert len(delivered) > 0.95 * len(trained)
    assert report["compress"]["bytes"] == (output / "scene.sog").stat().st_size
    away, _ = KDTree(trained.means).query(delivered.means)
    assert np.quantile(away, 0.9) < 0.02, "each stands where one was trained"


def test_the_published_cameras_agree_with_the_truth(finished, small_demo):
    output, _, _ = finished
    error = small_demo.truth.pose_error(_viewmats(output / "colmap.tar"))
    assert error.rotation_degrees < 0.2
    assert error.center_fraction < 0.01
    with tarfile.open(output / "colmap.tar") as tar:
        assert all(name.split("/")[0] == "sparse" for name in tar.getnames())


def test_pages_and_thumbnail_open(finished):
    output, _, _ = finished
    for page in ("viewer.html", "report.html"):
        assert (output / page).read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    with Image.open(output / "thumbnail.webp") as thumbnail:
        assert np.asarray(thumbnail.convert("RGB")).std() > 10


def test_progress_runs_through_all_stages_and_never_back(finished):
    _, report, events = finished
    assert list(dict.fromkeys(event["stage"] for event in events)) == list(report["stages"])
    for stage in report["stages"]:
        fractions = [event["fraction"] for event in events if event["stage"] == stage]
        assert fractions == sorted(fractions), stage
        assert fractions[-1] == 1.0
        assert all(0 <= fraction <= 1 for fraction in fractions), stage
    training = [event["note"] for event in events if event["stage"] == "train" and "Iter" in event["phase"]]
    assert any("Loss=" in note and "Gaussians=" in note for note in training)


def test_a_capture_in_two_parts_is_stopped_by_its_inspection(tmp_path):
    capture, output = tmp_path / "parts", tmp_path / "out"
    capture.mkdir()
    two_parts(capture, photos=12, width=480)
    result = run_command(capture, output, "--inspect", "on", "--min-registered-fraction", "0.9")
    assert result.exit_code == 4
    assert "7 of 12 photos are expected to be registered" in result.stderr
    report = json.loads((output / "report.json").read_text())
    assert [name for name, stage in report["stages"].items() if stage["seconds"]] == ["inspect"]
    assert report["inspection"]["verdicts"] == {"expected": 7, "other component": 5}
    page = (output / "report.html").read_text()
    assert "The inspection expected 7 of 12 photos to fit together (5 other component)." in page


def run_command(capture, output, *options):
    return CliRunner().invoke(app, ["run", str(capture), "--output", str(output), *options])


@pytest.mark.parametrize("content", ["empty", "two photos", "text"])
def test_a_bad_capture_ends_with_status_3_and_says_why(small_demo, tmp_path, content):
    capture, output = tmp_path / "photos", tmp_path / "out"
    capture.mkdir()
    if content == "two photos":
        for name in small_demo.truth.names[:2]:
            (capture / name).write_bytes((small_demo.folder / name).read_bytes())
    if content == "text":
        for number in range(4):
            (capture / f"{number}.jpg").write_text("not a photo")
    result = run_command(capture, output)
    assert result.exit_code == 3
    words = {"empty": "holds no photos", "two photos": "at least 3 are needed", "text": "not an image"}
    assert words[content] in result.stderr
    assert "What to do:" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    failure = json.loads((output / "report.json").read_text())["failure"]
    assert (failure["type"], failure["stage"], failure["retryable"]) == ("InputError", "ingest", False)
    assert sorted(path.name for path in output.iterdir()) == [
        "progress.json",
        "report.html",
        "report.json",
        "run.log",
    ]


def test_unrelated_photos_end_with_status_4(tmp_path):
    capture, output = tmp_path / "photos", tmp_path / "out"
    capture.mkdir()
    rng = np.random.default_rng(7)
    for number in range(4):
        noise = Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8)).resize((640, 480))
        noise.save(capture / f"{number}.jpg")
    result = run_command(capture, output)
    assert result.exit_code == 4
    assert "of 4 photos were registered" in result.stderr
    assert json.loads((output / "report.json").read_text())["failure"]["type"] == "ReconstructionError"
    assert not (output / "scene.sog").exists()
