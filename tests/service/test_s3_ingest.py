import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.errors import InputError, StorageError
from tests.unit.ingest.poses.colmap.models import make_model, write_model
from tests.unit.ingest.poses.exports.written_exports import known_poses, metashape


@pytest.fixture(scope="module")
def photos():
    """Name to bytes of five small photos."""
    rng = np.random.default_rng(0)
    files = {}
    for name in ("a.jpg", "b.jpg", "c.jpg", "up/a.jpg", "up/b.jpg"):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (220, 300, 3), np.uint8)).save(file, "JPEG")
        files[name] = file.getvalue()
    return files


def _model(folder) -> dict[str, bytes]:
    """A COLMAP model of `a.jpg`, `b.jpg` and `c.jpg`, in `sparse/0`."""
    write_model(make_model(("a.jpg", "b.jpg", "c.jpg"), size=(300, 220)), folder / "model")
    return {f"sparse/0/{path.name}": path.read_bytes() for path in (folder / "model").iterdir()}


def _export(_) -> dict[str, bytes]:
    """The same photos in an export of Metashape."""
    return {"cameras.xml": metashape(known_poses(3), ("a", "b", "c"), size=(300, 220)).encode()}


@pytest.fixture
def run(tmp_path):
    def run(source):
        capture = tmp_path / "capture"
        ingest(source, capture, IngestSettings())
        files = {path.relative_to(capture).as_posix(): path for path in capture.rglob("*") if path.is_file()}
        content = {name: path.read_bytes() for name, path in files.items()}
        return json.loads(content.pop("capture.json")), content

    return run


@pytest.mark.parametrize("ending", ["/", ""])
def test_a_prefix(s3, photos, run, ending):
    for name, data in photos.items():
        s3.put(f"shoots/park/{name}", data)
    s3.put("shoots/park/notes.txt", b"x")
    s3.put("shoots/park2/other.jpg", photos["a.jpg"] + b"other")
    content, files = run(f"{s3.uri}/shoots/park{ending}")
    assert files == {f"images/{name}": data for name, data in photos.items()}
    assert content["source"] == f"{s3.uri}/shoots/park{ending}"


def test_a_whole_bucket(s3, photos, run):
    for name, data in photos.items():
        s3.put(name, data)
    assert len(run(s3.uri)[1]) == 5
    assert len(run(f"{s3.uri}/")[1]) == 5


@pytest.mark.parametrize("files", [_model, _export], ids=["COLMAP", "Metashape"])
def test_poses_come_along(s3, photos, run, files, tmp_path):
    for name in ("a", "b", "c"):
        s3.put(f"shoots/posed/images/{name}.jpg", photos[f"{name}.jpg"])
    for name, data in files(tmp_path).items():
        s3.put(f"shoots/posed/{name}", data)
    content, found = run(f"{s3.uri}/shoots/posed/")
    assert all(image["pose"] for image in content["images"])
    assert ("points.ply" in found) == (files is _model)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive(s3, photos, run, kind):
    archive = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as file:
            for name, data in photos.items():
                file.writestr(name, data)
    else:
        with tarfile.open(fileobj=archive, mode="w:gz") as file:
            for name, data in photos.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                file.addfile(member, io.BytesIO(data))
    s3.put(f"inbox/photos.{kind}", archive.getvalue())
    assert run(f"{s3.uri}/inbox/photos.{kind}")[1] == {f"images/{name}": photos[name] for name in photos}


def test_an_unsafe_archive(s3, run):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../evil.jpg", b"x")
    s3.put("photos.zip", archive.getvalue())
    with pytest.raises(InputError, match=r"photos\.zip is unsafe"):
        run(f"{s3.uri}/photos.zip")


@pytest.mark.parametrize("path", ["/none.zip", "/none/", "", "/"])
def test_an_address_with_nothing_there_is_the_users(s3, run, path):
    with pytest.raises(InputError, match="no such object, and nothing below it") as error:
        run(f"{s3.uri}{path}")
    assert error.value.exit_code == 3


def test_a_bucket_that_is_not_there_is_the_users(s3, run):
    with pytest.raises(InputError, match="no such bucket") as error:
        run("s3://no-such-bucket/photos/")
    assert "Check the address of the capture" in error.value.remedy


def test_a_dead_store_is_not(s3, run, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match="nothing answers there"):
        run(f"{s3.uri}/photos/")


def test_wrong_keys_are_not(s3, run, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StorageError, match="secret key is wrong"):
        run(f"{s3.uri}/photos/")
