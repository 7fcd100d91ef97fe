import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.shared import run_folder
from components.shared.errors import StorageError
from components.shared.files import read_json
from components.shared.run_folder import PipelineRootError, find_output, note_output
from components.shared.storage.local import LocalStorage

TASK = read_json(Path(__file__).parent / "recorded" / "train_task.json")
RUN = TASK["labels"]["pipeline/runid"]
URIS = {name: each["artifacts"][0]["uri"] for name, each in TASK["outputs"]["artifacts"].items()}


@dataclass
class Artifact:
    uri: str
    path: str = "unused"


@pytest.fixture
def on_a_cluster(monkeypatch, tmp_path):
    """A pod of the recorded run, with a folder in the place of its bucket."""
    monkeypatch.setenv("KUBESPLAT_RUN", RUN)
    monkeypatch.delenv("KUBESPLAT_RUN_FOLDER", raising=False)
    monkeypatch.setattr(
        run_folder, "open_storage", lambda uri: LocalStorage(uri.replace("s3://kubesplat", str(tmp_path)))
    )
    return tmp_path


def test_tasks_of_a_run_find_in_their_artifacts_folder_what_its_first_task_noted(on_a_cluster):
    first = Artifact(URIS["splat"].replace("/train/", "/list-capture/"))
    note_output("0123", "s3://kubesplat/scenes/castle", first)
    note_output("4567", "s3://kubesplat/scenes/tower", first)
    assert find_output("train", "0123", Artifact(URIS["splat"])) == "s3://kubesplat/scenes/castle"
    assert find_output("train", "4567", Artifact(URIS["metrics"])) == "s3://kubesplat/scenes/tower"
    note = on_a_cluster / "kubeflow" / "photos-to-sog" / RUN / "outputs" / "0123.json"
    assert json.loads(note.read_text()) == {"output": "s3://kubesplat/scenes/castle"}


def test_another_run_finds_nothing_and_says_what_to_do(on_a_cluster, monkeypatch, capfd):
    note_output("0123", "s3://kubesplat/scenes/castle", Artifact(URIS["splat"]))
    other = "0" * 8
    monkeypatch.setenv("KUBESPLAT_RUN", other)
    with pytest.raises(SystemExit) as ended:
        find_output("train", "0123", Artifact(URIS["splat"].replace(RUN, other)))
    assert ended.value.code == 5
    assert "list-capture, must run in it" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("uri", "remedy"),
    [
        (URIS["splat"].replace("s3://kubesplat/kubeflow", "minio://mlpipeline/v2/artifacts"), "kfp-launcher"),
        (URIS["splat"].replace(RUN, "another"), "KUBESPLAT_RUN_FOLDER"),
    ],
)
def test_a_pipeline_root_out_of_reach_is_a_failure_for_good_that_names_the_setting(on_a_cluster, uri, remedy):
    with pytest.raises(PipelineRootError) as error:
        note_output("0123", "s3://kubesplat/scenes/castle", Artifact(uri))
    assert remedy in error.value.remedy
    assert not error.value.retryable
    assert "minio://mlpipeline/v2/artifacts" in error.value.message or "another" in error.value.message


def test_one_that_cannot_be_written_names_the_setting_too(on_a_cluster):
    (on_a_cluster / "kubeflow").write_text("a file in the place of the folder")
    with pytest.raises(StorageError, match="the run's folder in the pipeline root cannot be used") as error:
        note_output("0123", "s3://kubesplat/scenes/castle", Artifact(URIS["splat"]))
    assert "defaultPipelineRoot in the ConfigMap kfp-launcher" in error.value.remedy


def test_on_one_machine_the_folder_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path))
    note_output("0123", "/results", Artifact("/anywhere/list-capture/listing"))
    assert find_output("sfm", "0123", Artifact("/elsewhere/sfm/scene")) == "/results"
