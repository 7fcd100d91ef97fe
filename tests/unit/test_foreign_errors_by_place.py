"""What a decoder or the system raises, at each place that reads files -> type, status, retry, message.

At every place the decoder's call is replaced by one that raises. Damaged data is the input's (status 3, never
tried again, the file is named); a failing disk is of storage and full memory is of memory (status 5, tried
again), and neither is ever taken for damaged data.
"""

import errno
import json
import os
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError
from typer.testing import CliRunner

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.publish.publish import Results, publish
from components.shared.archive import pack, unpack
from components.shared.contracts.report import Report
from components.shared.errors import InputError, as_kubesplat_error
from components.shared.scene import load_image, load_mask, read_scene
from components.shared.stage import run_stage
from components.shared.storage import get_json, open_storage
from pipelines.cli.main import app
from pipelines.inbox_to_sogs.ledger import read_entry, read_report
from tests.toy_world import write_scene
from tests.unit.ingest.samples import textured_image

DATA = {
    "unidentified": UnidentifiedImageError("cannot identify image file"),
    "Pillow": OSError("broken data stream when reading image file"),
    "position": OSError(errno.EINVAL, "Invalid argument"),
    "syntax": SyntaxError("broken PNG file"),
    "struct": struct.error("unpack requires a buffer of 4 bytes"),
    "zlib": zlib.error("Error -3 while decompressing data"),
    "value": ValueError("not enough image data"),
    "number": ZeroDivisionError("division by zero"),
    "index": IndexError("index out of range"),
    "end": EOFError("ends early"),
}
SYSTEM = {
    "disk": (OSError(errno.EIO, os.strerror(errno.EIO)), "StorageError"),
    "full": (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "StorageError"),
    "memory": (MemoryError(), "OutOfMemoryError"),
}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate("abcd"):
        textured_image(seed).save(folder / f"{name}.jpg", quality=90)
    return folder


@pytest.fixture
def scene(tmp_path):
    root = tmp_path / "scene"
    write_scene(root)
    return read_scene(root)


def raises(error):
    def decode(*_, **__):
        raise error

    return decode


def take_in(source, tmp_path):
    return ingest(str(source), tmp_path / "capture", IngestSettings())


def photo(photos, scene, tmp_path, monkeypatch, error):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", raises(error))
    take_in(photos, tmp_path)


def mask(photos, scene, tmp_path, monkeypatch, error):
    (photos / "masks").mkdir()
    for name in "abcd":
        Image.new("L", (320, 240), 255).save(photos / "masks" / f"{name}.png")
    monkeypatch.setattr("components.ingest.photos.attach_masks._read", raises(error))
    take_in(photos, tmp_path)


def read_zip(photos, scene, tmp_path, monkeypatch, error):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for each in photos.iterdir():
            file.write(each, each.name)
    monkeypatch.setattr("zipfile.ZipExtFile.read", raises(error))
    take_in(tmp_path / "a.zip", tmp_path)


def training_photo(photos, scene, tmp_path, monkeypatch, error):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", raises(error))
    load_image(scene, scene.views[0])


def training_mask(photos, scene, tmp_path, monkeypatch, error):
    path = scene.root / "masks" / f"{scene.views[0].name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (9, 9)).save(path)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", raises(error))
    load_mask(scene, scene.views[0], 9, 9)


def colmap_model(photos, scene, tmp_path, monkeypatch, error):
    monkeypatch.setattr("pycolmap.Reconstruction", raises(error))
    read_scene(scene.root)


PLACES = {
    photo: ("InputError", "0 of 4 photos can be used"),
    mask: ("InputError", "its mask"),
    training_photo: ("InputError", "cannot be read"),
    training_mask: ("InputError", "cannot be read"),
    colmap_model: ("InputError", "sparse cannot be read"),
}


def failure_of(place, photos, scene, tmp_path, monkeypatch, error):
    with pytest.raises(Exception) as raised:  # noqa: PT011
        place(photos, scene, tmp_path, monkeypatch, error)
    return as_kubesplat_error(raised.value)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_damaged_data_is_the_inputs(photos, scene, tmp_path, monkeypatch, place, kind):
    type_, words = PLACES[place]
    found = failure_of(place, photos, scene, tmp_path, monkeypatch, DATA[kind])
    assert (type(found).__name__, found.exit_code, found.retryable) == (type_, 3, False)
    assert words in found.message
    assert "disk" not in found.message + found.remedy


@pytest.mark.parametrize(
    ("place", "kind"),
    [(place, kind) for place in (*PLACES, read_zip) for kind in SYSTEM if (place, kind) != (photo, "memory")],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_failing_system_is_not_taken_for_damaged_data(photos, scene, tmp_path, monkeypatch, place, kind):
    error, type_ = SYSTEM[kind]
    found = failure_of(place, photos, scene, tmp_path, monkeypatch, error)
    assert (type(found).__name__, found.exit_code, found.retryable) == (type_, 5, True)


def test_a_photo_that_asks_for_all_memory_is_damaged(photos, scene, tmp_path, monkeypatch):
    """Ingest holds the memory of a photo's size before it decodes: more is the claim of a damaged header."""
    found = failure_of(photo, photos, scene, tmp_path, monkeypatch, MemoryError())
    assert (type(found).__name__, found.exit_code, found.retryable) == ("InputError", 3, False)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def damaged_archive(folder, kind):
    names = [folder / f"{name}.jpg" for name in "abcd"]
    path = folder.parent / f"photos.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for each in names:
                file.write(each, each.name)
    else:
        with tarfile.open(path, "w:gz" if kind == "tgz" else "w") as tar:
            for each in names:
                tar.add(each, each.name)
    return cut(path)


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_a_damaged_archive_is_the_inputs(photos, tmp_path, kind):
    with pytest.raises(InputError, match=rf"photos\.{kind} is damaged or cut off"):
        take_in(damaged_archive(photos, kind), tmp_path)


def test_a_film_that_is_none_is_the_inputs(tmp_path):
    (tmp_path / "walk.mp4").write_bytes(b"no film" * 999)
    with pytest.raises(InputError, match=r"walk\.mp4"):
        take_in(tmp_path / "walk.mp4", tmp_path)


def test_poses_that_are_no_json_are_the_inputs(photos, tmp_path):
    (photos / "transforms.json").write_text('{"frames": [' + "[" * 100_000)
    with pytest.raises(InputError, match=r"transforms\.json"):
        take_in(photos, tmp_path)


def test_damaged_files_of_a_scene_are_named(scene):
    name = scene.views[0].name
    cut(scene.root / "images" / name)
    with pytest.raises(InputError, match=rf"{name} cannot be read"):
        load_image(scene, scene.views[0])
    for path in (scene.root / "sparse").iterdir():
        path.write_bytes(path.read_bytes()[:5])
    with pytest.raises(InputError, match="sparse cannot be read"):
        read_scene(scene.root)


def test_a_damaged_artifact_is_named(scene, tmp_path):
    pack(scene.root, tmp_path / "scene.tar")
    with pytest.raises(InputError, match=r"scene\.tar is no tar of a stage, or it is damaged"):
        unpack(cut(tmp_path / "scene.tar"), tmp_path / "back")


def test_results_that_are_missing_are_named(scene, tmp_path):
    (tmp_path / "evaluation").mkdir()
    results = Results(
        scene=scene.root,
        splat=tmp_path,
        sog=tmp_path / "a.sog",
        report=tmp_path / "r.html",
        presentation=tmp_path / "evaluation",
    )
    with pytest.raises(Exception) as raised:  # noqa: PT011
        publish(results, str(tmp_path / "out"))
    found = as_kubesplat_error(raised.value)
    assert (found.exit_code, found.retryable) == (3, False)
    assert str(tmp_path) in found.message


@pytest.mark.parametrize("content", [b"", b'{"schema": 1, "st', b"[]", b"\xff\xfe", b"[" * 100_000])
def test_damaged_json_beside_the_results_is_named(tmp_path, content):
    scenes = open_storage(str(tmp_path.parent))
    for name in ("report.json", "inbox.json"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"report\.json"):
        read_report(scenes, tmp_path.name, "")
    with pytest.raises(InputError, match=r"inbox\.json"):
        read_entry(scenes, tmp_path.name)
    with pytest.raises(InputError, match=r"report\.json"):
        Report.read(tmp_path / "report.json")
    if content != b"[]":
        with pytest.raises(InputError, match=r"inbox\.json is damaged"):
            get_json(open_storage(str(tmp_path)), "inbox.json")


COMMANDS = {
    "ply": ("compress {bad}.ply {out}.sog", b"ply\nformat ascii 1.0\nelement vertex 9\nend_header\n", 3),
    "empty ply": ("compress {bad}.ply {out}.sog", b"", 3),
    "sog": ("decompress {bad}.sog {out}.ply", b"PK\x03\x04 no zip", 3),
    "view": ("view {bad}.sog --no-open", b"no zip", 3),
    "evaluate": ("evaluate {bad}.tar {bad}.tar {bad}.tar -o {out}", b"no tar", 3),
    "zip": ("run {bad}.zip -o {out}", b"PK\x03\x04 no zip", 3),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_line_names_the_file_and_what_to_do(tmp_path, case):
    words, content, status = COMMANDS[case]
    suffix = words.split("{bad}")[1].split()[0]
    (tmp_path / f"bad{suffix}").write_bytes(content)
    line = words.format(bad=tmp_path / "bad", out=tmp_path / "out")
    result = CliRunner().invoke(app, line.split(), env={"COLUMNS": "1000"})
    assert result.exit_code == status, result.stderr
    assert f"bad{suffix}" in result.stderr
    assert "The input cannot be used" in result.stderr
    assert "What to do: " in result.stderr
    assert "disk" not in result.stderr


@pytest.mark.parametrize(
    ("error", "status", "type_", "final"),
    [
        (UnidentifiedImageError("cannot identify"), 3, "InputError", True),
        (OSError("broken data stream"), 3, "InputError", True),
        (FileNotFoundError(errno.ENOENT, "No such file", "/a"), 3, "InputError", True),
        (OSError(errno.ENOSPC, "No space left on device", "/a"), 5, "StorageError", False),
        (TimeoutError("timed out"), 5, "StorageError", False),
        (MemoryError(), 5, "OutOfMemoryError", False),
        (RuntimeError("CUDA out of memory"), 5, "OutOfMemoryError", False),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 5, "StageLostError", False),
        (KeyError("name"), 5, "InternalError", True),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else None,
)
def test_what_kubernetes_is_told(tmp_path, monkeypatch, error, status, type_, final):
    log = tmp_path / "termination-log"
    log.touch()
    monkeypatch.setattr("components.shared.termination_log._PATH", log)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    with pytest.raises(SystemExit) as ended, run_stage("sfm", output=str(tmp_path / "out")):
        raise error
    assert ended.value.code == status
    assert log.read_text().startswith(f"kubesplat: final: {type_}: " if final else f"kubesplat: {type_}: ")
    record = json.loads((tmp_path / "out" / "stages" / "sfm.json").read_text())
    assert (record["failure"]["type"], record["failure"]["retryable"]) == (type_, not final)


def test_a_scene_is_read_as_it_is(scene):
    assert load_image(scene, scene.views[0]).dtype == np.uint8
