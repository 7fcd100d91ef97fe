import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tarfile

import pytest

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.shared.archive import pack
from components.shared.errors import InputError, StorageError
from components.shared.files import read_json
from tests.unit.ingest.samples import refused, textured_image


def fingerprint(folder):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def verdicts(content):
    return {image["name"]: image["verdict"] for image in content["images"]}


def test_a_folder_becomes_a_capture_with_its_bytes_untouched(photos, run, tmp_path):
    before = fingerprint(photos)
    content = run(photos)
    assert content["names"] == [f"images/{name}.jpg" for name in "abcd"]
    assert content["schema"] == 1
    assert content["source"] == str(photos)
    assert content["ordered"] is False
    for image in content["images"]:
        data = (tmp_path / "artifacts" / "capture" / "images" / image["name"]).read_bytes()
        assert data == before[image["name"]][0]
        assert image["sha256"] == hashlib.sha256(data).hexdigest()
        assert image["bytes"] == len(data)
    assert fingerprint(photos) == before
    assert [path.name for path in (tmp_path / "artifacts").iterdir()] == ["capture"]


def test_every_image_has_every_field_of_the_contract(photos, run):
    (image, *_), (group, *_) = run(photos)["images"], run(photos)["camera_groups"]
    assert image == {
        "name": "a.jpg",
        "source_name": "",
        "changes": [],
        "sha256": image["sha256"],
        "bytes": image["bytes"],
        "width": 320,
        "height": 240,
        "camera_group": 0,
        "focal_length_px": None,
        "focal_length_mm": None,
        "focal_length_35mm": None,
        "make": "",
        "model": "",
        "gps": None,
        "position": None,
        "orientation": 1,
        "captured_at": None,
        "exif_error": None,
        "sharpness": image["sharpness"],
        "masked_fraction": None,
        "pose": None,
        "rig": None,
        "verdict": "accepted",
        "reason": "",
    }
    assert image["sharpness"] > 0
    assert group == {
        "id": 0,
        "width": 320,
        "height": 240,
        "make": "",
        "model": "",
        "focal_length_px": None,
        "center": None,
        "lens": "perspective",
        "is_exact": False,
    }


def test_equal_input_gives_equal_output(photos, run, tmp_path):
    run(photos)
    capture = tmp_path / "artifacts" / "capture"
    pack(capture, tmp_path / "first.tar")
    for path in photos.iterdir():
        os.utime(path, (0, 0))
    run(photos)
    pack(capture, tmp_path / "second.tar")
    assert (tmp_path / "second.tar").read_bytes() == (tmp_path / "first.tar").read_bytes()
    with tarfile.open(tmp_path / "first.tar") as tar:
        assert tar.getnames() == ["capture.json", "images", *(f"images/{name}.jpg" for name in "abcd")]


def test_equal_names_in_two_folders_stay_apart(tmp_path, run):
    for seed, folder in enumerate(("left", "right", "up/left")):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        textured_image(seed).save(tmp_path / "photos" / folder / "IMG_1.jpg")
    content = run(tmp_path / "photos")
    assert content["names"] == [
        "images/left/IMG_1.jpg",
        "images/right/IMG_1.jpg",
        "images/up/left/IMG_1.jpg",
    ]
    assert len({image["sha256"] for image in content["images"]}) == 3


def test_only_accepted_photos_are_written_and_all_are_listed(photos, run):
    (photos / "text.jpg").write_text("no image")
    content = run(photos)
    assert "images/text.jpg" not in content["names"]
    assert verdicts(content)["text.jpg"] == "not an image"
    (rejected,) = (image for image in content["images"] if image["verdict"] != "accepted")
    assert rejected["camera_group"] is None


def test_progress_runs_from_start_to_end(photos, tmp_path):
    seen = []
    ingest(str(photos), tmp_path / "capture", IngestSettings(), seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert 0.85 < fractions[-1] <= 1.0
    assert {progress.phase for progress in seen} == {"check", "write"}
    assert any(progress.note == "4 of 4 photos" for progress in seen)


def test_two_photos_are_too_few(photos, run, tmp_path):
    (photos / "c.jpg").unlink()
    (photos / "d.jpg").unlink()
    with pytest.raises(InputError, match="2 of 2 photos can be used; at least 3 are needed") as error:
        run(photos)
    assert error.value.exit_code == 3
    assert "Walk around the scene" in error.value.remedy
    assert not (tmp_path / "artifacts").exists()


def test_too_few_good_ones_tell_what_was_wrong_with_each(photos, run):
    (photos / "b.jpg").write_bytes((photos / "b.jpg").read_bytes()[:3000])
    (photos / "c.jpg").write_text("no image")
    for number in range(6):
        (photos / f"x{number}.jpg").write_bytes((photos / "a.jpg").read_bytes())
    with pytest.raises(InputError, match="2 of 10 photos") as error:
        run(photos)
    message = error.value.message
    assert "b.jpg: truncated" in message
    assert "c.jpg: not an image" in message
    assert message.endswith("\n  x0.jpg and 5 more: duplicate (the same file as a.jpg)")
    assert error.value.remedy.endswith("Copy those again that are damaged.")


def test_an_error_has_the_figures_of_the_photos_that_were_checked(photos, run):
    (photos / "b.jpg").write_text("no image")
    (photos / "c.jpg").unlink()
    with pytest.raises(InputError) as error:
        run(photos)
    rejected = {
        "name": "b.jpg",
        "verdict": "not an image",
        "reason": "its content is not an image, in spite of its name",
    }
    assert error.value.figures == {
        "images": 3,
        "accepted": 2,
        "rejected": [rejected],
        "changes": {},
        "notes": [],
    }


def test_an_empty_folder(tmp_path, run):
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match="holds no photos") as error:
        run(tmp_path / "photos")
    assert "a folder of photos" in error.value.remedy


def test_too_few_photos_and_a_video_say_how_to_use_the_video(photos, run):
    for name in "bcd":
        (photos / f"{name}.jpg").unlink()
    (photos / "a.mp4").write_bytes(b"x")
    assert refused(run, photos).remedy.endswith(" To use a video and no photos, give it alone: a.mp4.")
    (photos / "a.mp4").rename(photos / "walk.mov")
    assert refused(run, photos).remedy.endswith(" To use a video and no photos, give it alone: walk.mov.")


def ingest_unprivileged(source, tmp_path):
    """As a user whom permissions stop, which they do not stop root from reading."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv, or another user than root")
    command = [sys.executable, "-m", "components.ingest", str(source), "--output", str(tmp_path / "capture")]
    return subprocess.run([*(drop if os.geteuid() == 0 else []), *command], capture_output=True, text=True)


def test_a_photo_that_may_not_be_read_is_one_verdict(photos, tmp_path):
    (photos / "b.jpg").chmod(0)
    assert ingest_unprivileged(photos, tmp_path).returncode == 0
    written = read_json(tmp_path / "capture" / "capture.json")["images"]
    assert [(image["name"], image["verdict"]) for image in written] == [
        *(("a.jpg", "accepted"), ("b.jpg", "unreadable"), ("c.jpg", "accepted"), ("d.jpg", "accepted"))
    ]


def test_another_file_that_may_not_be_read_ends_the_run(photos, tmp_path):
    (photos / "transforms.json").write_text("{}")
    (photos / "transforms.json").chmod(0)
    ended = ingest_unprivileged(photos, tmp_path)
    assert ended.returncode == 3
    assert "transforms.json cannot be read: Permission denied" in ended.stderr


def test_a_folder_of_other_things(tmp_path, run):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="holds no photos among its 1 files"):
        run(tmp_path / "photos")


def test_an_output_that_can_be_no_folder(photos, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file"):
        ingest(str(photos), tmp_path / "file" / "capture", IngestSettings())


def test_a_full_disk_leaves_nothing(photos, tmp_path):
    small = tmp_path / "artifacts"
    small.mkdir()
    # A limit on the size of files stands in for a small disk: writing beyond it fails as well.
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, old[1]))
    try:
        with pytest.raises(StorageError, match="too large"):
            ingest(str(photos), small / "capture", IngestSettings())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(small.iterdir()) == []


def test_real_photos_with_exif(shared_data, run):
    content = run(shared_data / "captures" / "castle")
    assert {image["verdict"] for image in content["images"]} == {"accepted"}
    (group,) = content["camera_groups"]
    assert group["model"] == "KODAK Z612 ZOOM DIGITAL CAMERA"
    # The calibration that the photos were published with: 2905.88 px at a width of 2832.
    assert group["focal_length_px"] == pytest.approx(2905.88 * 1600 / 2832, rel=0.02)
    assert content["images"][0]["captured_at"] == "2010-10-12T14:43:07"


@pytest.mark.slow
def test_a_walk_of_252_real_photos_is_ordered(shared_data, run):
    content = run(shared_data / "captures" / "bonsai")
    assert len(content["names"]) == 252
    assert content["ordered"] is True
    assert len(content["camera_groups"]) == 1


def test_rendered_photos_are_accepted_whole(small_demo, run):
    content = run(small_demo.folder)
    assert set(verdicts(content).values()) == {"accepted"}
    assert len(content["names"]) == 12
    (group,) = content["camera_groups"]
    assert group["focal_length_px"] == pytest.approx(small_demo.truth.K[0, 0], rel=0.01)


def test_many_different_reasons_are_counted(photos, run):
    for photo in photos.iterdir():
        photo.unlink()
    for width in range(100, 107):
        textured_image(1, width, 50).save(photos / f"{width}.jpg")
    lines = refused(run, photos).message.splitlines()
    assert [line.split(":")[0] for line in lines[1:6]] == [f"  {width}.jpg" for width in range(100, 105)]
    assert lines[6:] == ["  and 2 more too small"]
