"""`kubesplat inspect`: verdicts, expected registration and forecast, on rendered photos with known gaps."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.rendered.captures import orbit
from tests.rendered.damaged import two_parts

pytestmark = pytest.mark.slow


def inspect(*arguments):
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def test_photos_that_overlap_are_expected_and_priced(tmp_path):
    orbit(tmp_path, photos=8, width=480)
    (tmp_path / "cut.jpg").write_bytes(next(tmp_path.glob("*.jpg")).read_bytes()[:3000])
    result = inspect(tmp_path, "--json", "--preset", "draft")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["expected_registered"], found["expected_registered_fraction"]) == (8, 1.0)
    verdicts = {photo["name"]: photo["verdict"] for photo in found["photos"]}
    assert verdicts.pop("cut.jpg") == "truncated"
    assert set(verdicts.values()) == {"expected"}
    forecast = found["forecast"]
    assert (forecast["photos"], forecast["gaussians"], forecast["is_assumed"]) == (8, 300_000, False)
    assert forecast["stages"]["train"]["machine"] == "g5.xlarge"
    assert 0.2 * 2**30 < found["gpu_memory_bytes"] < 2 * 2**30


def test_two_parts_that_nothing_connects_end_with_the_status_of_a_gate(tmp_path):
    two_parts(tmp_path, photos=12, width=480)
    result = inspect(tmp_path, "--min-registered-fraction", "0.9")
    assert result.exit_code == 4
    assert (
        "7 of 12 photos are expected to be registered; more than 90% of the photos are needed"
        in result.stderr
    )
    assert "other component" in result.stdout
    assert "no overlap between" in result.stdout


def test_too_few_photos_are_a_bad_capture(tmp_path):
    orbit(tmp_path, photos=3, width=320)
    next(tmp_path.glob("*.jpg")).unlink()
    result = inspect(tmp_path)
    assert result.exit_code == 3
    assert "What to do" in result.stderr
