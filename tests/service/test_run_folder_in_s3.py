"""A run's folder in the pipeline root of a real object store, and a capture listed there."""

import json
from dataclasses import dataclass

import pytest

from components.ingest.source.list_source import capture_fingerprint, list_source
from components.shared.errors import InputError, StorageError
from components.shared.run_folder import find_output, note_output

RUN = "330e5680-2241-4674-aa90-3fcabb8f2908"


@dataclass
class Artifact:
    uri: str
    path: str = "unused"


@pytest.fixture(autouse=True)
def a_run(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", RUN)


def artifact(root, task):
    return Artifact(f"{root}/photos-to-sog/{RUN}/{task}/7c63803c-4e6a-453b-bd72-e93230b04dcb/out")


def fingerprint(uri):
    return capture_fingerprint(uri, list_source(uri).files, reuse_days=14, now=0.0)


def test_a_stage_reads_in_the_pipeline_root_what_the_first_task_wrote(s3):
    root = f"{s3.uri}/kubeflow"
    note_output("0123", f"{s3.uri}/scenes/castle", artifact(root, "list-capture"))
    assert find_output("sfm", "0123", artifact(root, "sfm")) == f"{s3.uri}/scenes/castle"
    assert s3.names() == [f"kubeflow/photos-to-sog/{RUN}/outputs/0123.json"]


def test_keys_that_may_not_write_there_are_told_with_the_setting(s3, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.server.reader_access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.server.reader_secret_key)
    with pytest.raises(StorageError, match="access is denied") as error:
        note_output("0123", f"{s3.uri}/scenes/castle", artifact(f"{s3.uri}/kubeflow", "list-capture"))
    assert "defaultPipelineRoot in the ConfigMap kfp-launcher" in error.value.remedy
    assert s3.names() == []


def test_a_prefix_and_an_object_have_fingerprints_that_their_etags_change(s3):
    s3.put("photos/a.jpg", b"one")
    s3.put("photos/deep/b.jpg", b"two")
    s3.put("photos.zip", b"PK")
    before = fingerprint(f"{s3.uri}/photos/"), fingerprint(f"{s3.uri}/photos.zip")
    assert [file.name for file in list_source(f"{s3.uri}/photos.zip").files] == ["photos.zip"]
    assert (fingerprint(f"{s3.uri}/photos/"), fingerprint(f"{s3.uri}/photos.zip")) == before
    s3.put("photos/a.jpg", b"six")
    assert fingerprint(f"{s3.uri}/photos/") != before[0]
    assert fingerprint(f"{s3.uri}/photos.zip") == before[1]


def test_a_prefix_with_nothing_below_it_and_a_bucket_that_is_not_there_are_bad_captures(s3):
    with pytest.raises(InputError, match="there is no such object, and nothing below it"):
        list_source(f"{s3.uri}/none/")
    with pytest.raises(InputError, match="there is no such bucket"):
        list_source("s3://no-such-bucket-here/photos/")


def test_the_first_task_of_a_run_and_the_next_agree_in_s3(s3, tmp_path, monkeypatch):
    from pipelines.photos_to_sog.component import list_capture

    s3.put("photos/a.jpg", b"one")
    listing = artifact(f"{s3.uri}/kubeflow", "list-capture")
    listing.path = str(tmp_path / "listing")
    found, output, title, *_ = list_capture.python_func(listing=listing, capture=f"{s3.uri}/photos/")
    assert (output, title) == (f"{s3.uri}/photos-scene", "photos-scene")
    assert find_output("train", found, artifact(f"{s3.uri}/kubeflow", "train")) == output
    (listed,) = json.loads((tmp_path / "listing").read_text())["files"]
    assert (listed["name"], listed["bytes"]) == ("a.jpg", 3)
    assert [name for name in s3.names() if "stages" in name] == [
        "photos-scene/stages/forecast.json",
        "photos-scene/stages/settings.json",
    ]
