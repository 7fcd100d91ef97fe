"""The face of a run's first task, called as Kubeflow's executor calls it."""

import json

import pytest
from kfp import dsl

from components.shared.run_folder import find_output
from pipelines.photos_to_sog.check_settings import STAGE_SETTINGS, check_settings
from pipelines.photos_to_sog.component import list_capture


@pytest.fixture(autouse=True)
def a_run(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))


@pytest.fixture
def capture(tmp_path):
    folder = tmp_path / "castle"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(b"photo")
    return folder


def call(capture, tmp_path, **more):
    listing = dsl.Artifact(uri=str(tmp_path / "listing"))
    return list_capture.python_func(listing=listing, capture=str(capture), **more)


def record(output):
    return json.loads((output / "stages" / "ingest.json").read_text())


def test_it_says_what_the_others_need_and_leaves_a_listing(capture, tmp_path):
    fingerprint, output, title = call(capture, tmp_path)
    assert (output, title) == (f"{capture}-scene", "castle-scene")
    assert find_output("sfm", fingerprint, dsl.Artifact(uri="unused")) == output
    listing = json.loads((tmp_path / "listing").read_text())
    assert listing["fingerprint"] == fingerprint
    assert [(each["name"], each["bytes"]) for each in listing["files"]] == [("a.jpg", 5), ("b.jpg", 5)]


def test_neither_output_nor_settings_change_the_fingerprint(capture, tmp_path):
    first, *_ = call(capture, tmp_path, output=str(tmp_path / "a"))
    second, *_ = call(capture, tmp_path, output=str(tmp_path / "b"), steps=500, sfm_settings="seed=3")
    assert first == second
    (capture / "c.jpg").write_bytes(b"photo")
    third, *_ = call(capture, tmp_path, output=str(tmp_path / "b"))
    assert third != first


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sfm_settings": "max_feature=9"}, "sfm_settings: 'max_feature' is no setting of sfm"),
        ({"publish_settings": "cpu_usd_per_hour=-1"}, "publish_settings: cpu_usd_per_hour is -1"),
        ({"steps": 50}, "steps is 50; it must be from 100 to 1000000"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_wrong_settings_fail_as_ingest_would_before_anything_is_listed(capture, tmp_path, more, message):
    output = tmp_path / "out"
    with pytest.raises(SystemExit) as ended:
        call(capture, tmp_path, output=str(output), **more)
    assert ended.value.code == 3
    assert not (tmp_path / "listing").exists()
    failure = record(output)["failure"]
    assert (failure["type"], failure["stage"], failure["retryable"]) == ("InputError", "ingest", False)
    assert failure["message"].startswith(message)


def test_a_capture_that_is_not_there_fails_as_in_ingest(tmp_path):
    with pytest.raises(SystemExit):
        call(tmp_path / "none", tmp_path, output=str(tmp_path / "out"))
    assert "does not exist" in record(tmp_path / "out")["failure"]["message"]


def test_records_of_an_earlier_run_are_forgotten_on_a_cluster_and_kept_on_one_machine(
    capture, tmp_path, monkeypatch
):
    old = tmp_path / "out" / "stages" / "sfm.json"
    old.parent.mkdir(parents=True)
    old.write_text(json.dumps({"run": "run-0", "failure": None}))
    with monkeypatch.context() as on_one_machine:
        on_one_machine.delenv("KUBESPLAT_RUN")
        call(capture, tmp_path, output=str(tmp_path / "out"))
    assert old.exists()
    call(capture, tmp_path, output=str(tmp_path / "out"))
    assert not old.exists()


def test_every_stage_can_be_checked_and_other_parameters_are_passed_over():
    check_settings(
        {f"{stage}_settings": "" for stage in STAGE_SETTINGS} | {"capture": "x", "sfm_memory": "1Gi"}
    )
    assert set(STAGE_SETTINGS) == {"ingest", "sfm", "train", "compress", "evaluate", "publish"}
