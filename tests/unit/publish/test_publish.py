import tarfile

import pytest

from components.publish.publish import publish, unpack_results
from components.shared.archive import pack
from components.shared.errors import StorageError
from components.shared.run_layout import TRAINING_CURVES


def tar_of(tmp_path, name, files):
    folder = tmp_path / name
    for file, content in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content)
    pack(folder, tmp_path / f"{name}.tar")
    return tmp_path / f"{name}.tar"


@pytest.fixture
def results(tmp_path):
    (tmp_path / "sog").write_text("sog")
    (tmp_path / "report").write_text("<html>")
    presentation = {"viewer.html": "viewer", "thumbnail.webp": "webp", "flythrough.mp4": "mp4"}
    (tmp_path / "unpacked").mkdir()
    return unpack_results(
        scene=tar_of(tmp_path, "scene", {"sparse/cameras.bin": "c", "images/a.jpg": "a", "scene.json": "{}"}),
        splat=tar_of(tmp_path, "splat", {"splat.ply": "ply", "training.json": "{}"}),
        sog=tmp_path / "sog",
        exports=tar_of(
            tmp_path, "exports", {"scene.glb": "glb", "lod/lod-meta.json": "{}", "lod/0_0/a.webp": "a"}
        ),
        report=tmp_path / "report",
        presentation=tar_of(tmp_path, "presentation", {**presentation, "evaluation.json": "{}"}),
        folder=tmp_path / "unpacked",
    )


def test_results_get_their_final_names(results, tmp_path):
    published = publish(results, str(tmp_path / "out"))
    out = tmp_path / "out"
    contents = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    assert sorted(contents) == [
        ".kubesplat/files.json",
        "colmap.tar",
        "flythrough.mp4",
        "lod/0_0/a.webp",
        "lod/lod-meta.json",
        "report.html",
        "scene.glb",
        "scene.ply",
        "scene.sog",
        "thumbnail.webp",
        "viewer.html",
    ]
    assert contents["scene.ply"].read_text() == "ply"
    assert contents["viewer.html"].read_text() == "viewer"
    assert published.files["scene.sog"] == published.files["scene.glb"] == 3
    assert list(published.files).index("lod/0_0/a.webp") < list(published.files).index("lod/lod-meta.json")
    assert list(published.files)[-1] == "scene.sog"


def test_curves_are_delivered_if_evaluation_wrote_them(results, tmp_path):
    curves = results.presentation / TRAINING_CURVES
    curves.parent.mkdir()
    curves.write_text("events")
    published = publish(results, str(tmp_path / "out"))
    assert (tmp_path / "out" / TRAINING_CURVES).read_text() == "events"
    assert published.files[TRAINING_CURVES] == 6


def test_photos_are_not_unpacked(results):
    names = sorted(path.name for path in results.scene.rglob("*") if path.is_file())
    assert names == ["cameras.bin", "scene.json"]
    assert (results.splat / "training.json").read_text() == "{}"


def test_the_model_comes_without_the_photos(results, tmp_path):
    publish(results, str(tmp_path / "out"))
    with tarfile.open(tmp_path / "out" / "colmap.tar") as tar:
        assert tar.getnames() == ["sparse", "sparse/cameras.bin"]
        assert tar.extractfile("sparse/cameras.bin").read() == b"c"


def test_an_output_that_cannot_be_written_is_a_storage_error(results, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        publish(results, str(tmp_path / "file" / "out"))
