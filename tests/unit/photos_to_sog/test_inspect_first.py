"""The inspection before a run: what stops it, what it leaves behind, and what it is keyed by."""

import json

import pytest
from kfp import dsl

from components.shared.contracts.report import ReportParts
from components.shared.storage import open_storage
from components.shared.stored_forecast import read_forecast
from pipelines.costs.nodes import cluster_nodes, nodes_text
from pipelines.photos_to_sog.component import inspect, list_capture
from pipelines.photos_to_sog.inspect_first import NOTHING, InspectionJob
from pipelines.task_settings.defaults import PipelineSettings
from tests.rendered.captures import orbit
from tests.rendered.damaged import two_parts

NODES = nodes_text(cluster_nodes(PipelineSettings()))
ON = "inspect=true,preset=draft"


@pytest.fixture(autouse=True)
def a_run(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Eight photos that fit together, and one that is cut off."""
    folder = tmp_path_factory.mktemp("walk")
    orbit(folder, photos=8, width=480)
    (folder / "cut.jpg").write_bytes(next(folder.glob("*.jpg")).read_bytes()[:3000])
    return folder


def listed(capture, tmp_path, options, **more):
    """What the first task says is to be inspected."""
    given = {"output": str(tmp_path / "out"), "nodes": NODES, "options": options}
    listing = dsl.Artifact(uri=str(tmp_path / "listing"))
    *_, inspection = list_capture.python_func(listing=listing, capture=str(capture), **given | more)[:4]
    return inspection


def inspected(capture, tmp_path, options, **more):
    """The exit status of the inspection, 0 for a success, and its record."""
    job = listed(capture, tmp_path, options, **more)
    try:
        inspect.python_func(inspection=job, nodes=NODES)
        status = 0
    except SystemExit as ended:
        status = ended.code
    return status, json.loads((tmp_path / "out" / "stages" / "inspect.json").read_text())


@pytest.mark.slow
def test_without_an_inspection_the_task_gets_the_same_of_every_capture_and_does_nothing(walk, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_bytes(b"photo")
    assert listed(walk, tmp_path, "inspect=false") == listed(other, tmp_path, "seed=1") == NOTHING
    inspect.python_func(inspection=NOTHING, nodes=NODES)
    assert not (tmp_path / "out" / "stages" / "inspect.json").exists()


def test_no_two_runs_inspect_by_the_same_text(walk, tmp_path, monkeypatch):
    first = InspectionJob.from_text(listed(walk, tmp_path, "", inspect_settings="enabled=on"))
    assert (first.capture, first.output, first.run) == (str(walk), str(tmp_path / "out"), "run-1")
    monkeypatch.setenv("KUBESPLAT_RUN", "run-2")
    assert InspectionJob.from_text(listed(walk, tmp_path, ON)).run == "run-2"


@pytest.mark.slow
def test_a_good_capture_goes_on_with_a_better_forecast(walk, tmp_path):
    listed(walk, tmp_path, ON)
    assumed = read_forecast(open_storage(str(tmp_path / "out")))
    status, record = inspected(walk, tmp_path, ON)
    assert (status, record["failure"], record["settings"]) == (0, None, {"enabled": True})
    found = ReportParts.model_validate(record["figures"])
    assert found.capture.images == 9
    assert found.inspection.verdicts == {"expected": 8, "truncated": 1}
    assert (found.inspection.expected_registered, found.inspection.unexpected) == (8, [])
    forecast = read_forecast(open_storage(str(tmp_path / "out")))
    assert (assumed.is_assumed, forecast.is_assumed) == (True, False)
    assert (assumed.photos, forecast.photos) == (9, 8)
    assert list(forecast.stages)[:2] == ["inspect", "ingest"]
    assert found.inspection.cost_usd == pytest.approx(forecast.cost_usd())


@pytest.mark.slow
def test_the_budget_is_checked_with_the_forecast_of_the_inspection(walk, tmp_path):
    status, record = inspected(walk, tmp_path, f"{ON},budget_usd=0.001")
    assert (status, record["failure"]["type"]) == (4, "BudgetError")
    assert "from the stage `train` on, and its budget is $0.001" in record["failure"]["message"]
    assert record["figures"]["inspection"]["expected_registered"] == 8


@pytest.mark.slow
def test_parts_that_nothing_connects_stop_the_run_as_structure_from_motion_would(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    two_parts(folder, photos=12, width=480)
    status, record = inspected(folder, tmp_path, f"{ON},min_registered_fraction=0.9")
    failure = record["failure"]
    assert (status, failure["type"], failure["stage"]) == (4, "ReconstructionError", "inspect")
    assert not failure["retryable"]
    assert failure["message"].startswith(
        "7 of 12 photos are expected to be registered; more than 90% of the photos are needed:\n  IMG_0419"
    )
    assert "no overlap between IMG_0418.jpg and IMG_0419.jpg" in failure["remedy"]
    assert failure["remedy"].endswith("switch the inspection off: --inspect off.")
    lost = record["figures"]["inspection"]["unexpected"]
    assert [photo["verdict"] for photo in lost] == ["other component"] * 5


def test_too_few_photos_stop_it_with_the_verdicts_of_ingest(tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    orbit(folder, photos=3, width=320)
    (folder / "cut.jpg").write_bytes(next(folder.glob("*.jpg")).read_bytes()[:3000])
    next(folder.glob("IMG*.jpg")).unlink()
    status, record = inspected(folder, tmp_path, ON)
    assert (status, record["failure"]["type"], record["failure"]["stage"]) == (3, "InputError", "inspect")
    found = ReportParts.model_validate(record["figures"])
    assert [(photo.name, photo.verdict) for photo in found.capture.rejected] == [("cut.jpg", "truncated")]
    assert found.inspection.verdicts is None
