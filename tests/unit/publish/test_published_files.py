"""A second run to an output: it holds what its report lists, and what others put there."""

import json

import pytest

from components.publish.conclude import conclude, delete_run_state
from components.publish.publish import Results, publish
from components.publish.published_files import listed_files, remove_outdated
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.errors import InputError, StorageError
from components.shared.run_layout import TRAINING_CURVES
from components.shared.stage import run_stage
from components.shared.storage import open_storage

ALWAYS = {
    "colmap.tar",
    "flythrough.mp4",
    "report.html",
    "scene.ply",
    "scene.sog",
    "thumbnail.webp",
    "viewer.html",
}
LOD = {"lod/lod-meta.json", "lod/0_0/a.webp"}
OF_THE_RUN = {"report.json", "progress.json"}


def written(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def run(tmp_path, number, exports=(), *, curves=False, on_cluster=False):
    """Publish a scene with these further files as a run does, and return its report."""
    made, output = tmp_path / f"made{number}", str(tmp_path / "out")
    presentation = ("viewer.html", "thumbnail.webp", "flythrough.mp4", *([TRAINING_CURVES] if curves else []))
    written(made, "sog", "report")
    results = Results(
        scene=written(made / "scene", "sparse/cameras.bin"),
        splat=written(made / "splat", "splat.ply"),
        sog=made / "sog",
        report=made / "report",
        presentation=written(made / "presentation", *presentation),
        exports=written(made / "exports", "none", *exports),
    )
    (made / "exports" / "none").unlink()
    if not on_cluster:
        delete_run_state(output, resume=False)
    with run_stage("publish", output=output) as record:
        record.figures = {"files": publish(results, output).files}
    return conclude(output, state=RunState.SUCCEEDED, settings=PublishSettings())


def failed_run(tmp_path):
    output = str(tmp_path / "out")
    delete_run_state(output, resume=False)
    with pytest.raises(SystemExit), run_stage("ingest", output=output):
        raise InputError("2 photos", remedy="Take more.")
    conclude(output, state=RunState.FAILED, settings=PublishSettings())


def files(tmp_path):
    out = tmp_path / "out"
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def test_the_report_lists_all_files_of_the_scene(tmp_path):
    report = run(tmp_path, 1, ["scene.glb", *LOD], curves=True)
    assert set(report.files) == ALWAYS | LOD | {"scene.glb", TRAINING_CURVES}
    assert report.files["scene.glb"] == len("scene.glb")
    assert files(tmp_path) == set(report.files) | OF_THE_RUN


@pytest.mark.parametrize("on_cluster", [False, True])
def test_a_second_run_leaves_what_its_report_lists(tmp_path, on_cluster):
    run(tmp_path, 1, ["scene.glb", *LOD], curves=True, on_cluster=on_cluster)
    report = run(tmp_path, 2, ["scene.spz"], on_cluster=on_cluster)
    assert set(report.files) == ALWAYS | {"scene.spz"}
    assert files(tmp_path) == set(report.files) | OF_THE_RUN
    assert not (tmp_path / "out" / "lod").exists()


def test_what_no_report_listed_stays(tmp_path):
    run(tmp_path, 1, ["scene.glb", *LOD])
    mine = ("lod/notes.txt", "scene.gltf", "scene.spz", "holiday.jpg", "sub/scene.glb")
    written(tmp_path / "out", *mine)
    run(tmp_path, 2)
    assert files(tmp_path) == ALWAYS | OF_THE_RUN | set(mine)


def test_a_run_that_fails_leaves_the_earlier_scene_whole_and_the_next_one_still_knows_it(tmp_path):
    run(tmp_path, 1, ["scene.glb"])
    failed_run(tmp_path)
    failed_run(tmp_path)
    assert files(tmp_path) == ALWAYS | OF_THE_RUN | {"scene.glb", ".kubesplat/files.json"}
    run(tmp_path, 2)
    assert files(tmp_path) == ALWAYS | OF_THE_RUN


def test_nothing_is_deleted_before_the_new_scene_is_there(tmp_path, monkeypatch):
    run(tmp_path, 1, ["scene.glb"])
    storage = type(open_storage(str(tmp_path / "out")))
    put_file = storage.put_file

    def full(self, path, name, **options):
        if name == "scene.sog":
            raise StorageError("the disk is full", remedy="Free some.")
        put_file(self, path, name, **options)

    with monkeypatch.context() as on_a_full_disk:
        on_a_full_disk.setattr(storage, "put_file", full)
        with pytest.raises(SystemExit):
            run(tmp_path, 2, ["scene.spz"])
    conclude(str(tmp_path / "out"), state=RunState.FAILED, settings=PublishSettings())
    assert {"scene.glb", "scene.sog"} <= files(tmp_path)
    run(tmp_path, 3)
    assert files(tmp_path) == ALWAYS | OF_THE_RUN, "also scene.spz, which no report listed, is known"


@pytest.mark.parametrize(
    "name", ["../photo.jpg", "/etc/passwd", "lod/../../photo.jpg", "photo.jpg", "report.json"]
)
def test_a_report_that_somebody_changed_deletes_no_other_file(tmp_path, name):
    run(tmp_path, 1, ["scene.glb"])
    written(tmp_path, "photo.jpg", "out/photo.jpg")
    path = tmp_path / "out" / "report.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": {name: 1}}))
    before = files(tmp_path)
    storage = open_storage(str(tmp_path / "out"))
    assert listed_files(storage) == set()
    assert remove_outdated(storage, ALWAYS) == []
    assert files(tmp_path) == before
    assert (tmp_path / "photo.jpg").exists()


@pytest.mark.parametrize("content", ["", "{", '{"schema": 2}', "[]"])
def test_a_report_that_cannot_be_read_lists_nothing(tmp_path, content):
    run(tmp_path, 1, ["scene.glb"])
    (tmp_path / "out" / "report.json").write_text(content)
    assert listed_files(open_storage(str(tmp_path / "out"))) == set()
    run(tmp_path, 2)
    assert "scene.glb" in files(tmp_path)
