import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from components.compress.visible.views_around import views_around
from components.shared.held_out_photos import HeldOutPhoto, write_held_out
from components.shared.image_metrics import displayed, psnr
from components.shared.ply.read_ply import read_ply
from components.shared.rasterize.numba_backend.render import render
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats, write_ply
from components.shared.training_cameras import CameraInfo, TrainingCameras
from pipelines.cli.main import app
from tests.unit.shared.ply.ply_files import columns
from tests.unit.shared.ply.ply_files import ply as ply_of


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def ply(tmp_path):
    rng = np.random.default_rng(0)

    def values(*shape):
        return rng.normal(size=shape).astype(np.float32)

    splats = Splats(
        means=values(300, 3),
        quats=values(300, 4),
        scales=values(300, 3) - 4,
        opacities=values(300),
        sh0=values(300, 3),
        shN=values(300, 0, 3),
    )
    write_ply(splats, tmp_path / "scene.ply")
    return tmp_path / "scene.ply"


def test_the_cameras_of_a_training_leave_out_what_they_do_not_show(ply, tmp_path):
    splats = read_ply(ply)
    camera = views_around(splats)[0]
    splats.means[:150] += (10.0 * camera.center).astype(np.float32)  # behind the camera
    write_ply(splats, ply)
    TrainingCameras(cameras=[CameraInfo.of("a.jpg", camera)]).write(tmp_path / "cameras.json")
    result = invoke("compress", ply, tmp_path / "a.sog", "--cameras", tmp_path / "cameras.json")
    assert result.exit_code == 0
    assert "hardly seen in any view" in result.stdout
    missing = invoke("compress", ply, tmp_path / "b.sog", "--cameras", tmp_path / "none.json")
    assert missing.exit_code == 3
    assert not (tmp_path / "b.sog").exists()


def test_a_file_that_cannot_be_as_large_as_asked_for_says_so(ply, tmp_path):
    result = invoke("compress", ply, tmp_path / "a.sog", "--size", "8MB")
    assert result.exit_code == 0
    assert "smaller than the 8,000,000 bytes asked for" in " ".join(result.stdout.split())


def test_the_loss_on_held_out_photos_is_said(ply, tmp_path):
    splats = read_ply(ply)
    cameras = [camera.scaled(100, 100) for camera in views_around(splats)[:13]]
    noise = np.random.default_rng(1).normal(0.0, 0.1, (100, 100, 3))
    photo = HeldOutPhoto("b.jpg", cameras[6], displayed(render(splats, cameras[6]) + noise))
    write_held_out([photo], tmp_path)
    infos = [CameraInfo.of(f"{index}.jpg", camera) for index, camera in enumerate(cameras)]
    held_out = [CameraInfo.of(photo.name, photo.camera)]
    TrainingCameras(cameras=infos, held_out=held_out).write(tmp_path / "cameras.json")
    options = ("--max-psnr-drop", "0.2", "--cameras", tmp_path / "cameras.json")
    result = invoke("compress", ply, tmp_path / "a.sog", *options)
    assert result.exit_code == 0
    said = re.search(r"it loses (\S+) dB of PSNR on the held-out photos", " ".join(result.stdout.split()))
    before, after = (
        psnr(displayed(render(each, photo.camera)), photo.pixels)
        for each in (splats, read_sog(tmp_path / "a.sog"))
    )
    assert float(said[1]) == pytest.approx(before - after, abs=0.001)
    assert float(said[1]) <= 0.2


def test_a_ply_becomes_a_sog_and_a_ply_again(ply, tmp_path):
    sog, back = tmp_path / "scene.sog", tmp_path / "back.ply"
    result = invoke("compress", ply, sog)
    assert result.exit_code == 0
    assert f"300 Gaussians, {ply.stat().st_size:,} -> {sog.stat().st_size:,} bytes" in result.stdout
    assert invoke("decompress", sog, back).exit_code == 0
    original, decoded = read_ply(ply).means, read_ply(back).means
    assert np.abs(np.sort(original, axis=0) - np.sort(decoded, axis=0)).max() < 0.01


@pytest.mark.parametrize("name", ["fake.ply", "fake.sog", "fake.jpg", "missing.ply"])
def test_a_file_that_is_no_scene_is_refused_and_nothing_is_written(tmp_path, name):
    if name != "missing.ply":
        (tmp_path / name).write_text("not a scene")
    result = invoke("compress", tmp_path / name, tmp_path / "out.sog")
    assert result.exit_code == 3
    assert name in result.stderr
    assert "What to do:" in result.stderr
    assert not (tmp_path / "out.sog").exists()


def test_viewing_a_folder_without_a_scene_says_what_to_give(tmp_path):
    result = invoke("view", tmp_path, "--no-open")
    assert result.exit_code == 3
    assert "holds neither a viewer.html nor a meta.json" in result.stderr


def damaged(ply):
    splats = read_ply(ply)
    splats.means[3, 0] = np.nan
    splats.scales[4, 1] = 80.0
    splats.sh0[5, 0] = 1e5
    write_ply(splats, ply)
    return ply


def test_what_is_left_out_is_said(ply, tmp_path):
    result = invoke("compress", damaged(ply), tmp_path / "scene.sog")
    assert result.exit_code == 0
    assert "298 Gaussians" in result.stdout
    assert "Left out: 2 of 300 Gaussians (1 not finite, 1 too large to draw)." in result.stdout
    assert "Limited: 1 Gaussian with an extreme scale or color." in result.stdout


def test_what_the_reader_assumed_is_said(tmp_path):
    values = {name: column for name, column in columns().items() if name != "scale_2"}
    (tmp_path / "flat.ply").write_bytes(ply_of(values))
    for command, target in (("compress", "flat.sog"), ("decompress", "back.ply")):
        result = invoke(command, tmp_path / "flat.ply", tmp_path / target)
        assert result.exit_code == 0
        assert "Note: its Gaussians are flat: they have two scales" in result.stdout


def test_the_content_counts_and_not_the_suffix(ply, tmp_path):
    sog, odd = tmp_path / "scéne #1 %20.SOG", tmp_path / "named.sog"
    assert invoke("compress", ply, sog).exit_code == 0
    ply.rename(odd)
    assert invoke("compress", odd, tmp_path / "again.sog").exit_code == 0
    sog.rename(tmp_path / "archive.zip")
    assert invoke("decompress", tmp_path / "archive.zip", tmp_path / "back.ply").exit_code == 0
    assert len(read_ply(tmp_path / "back.ply")) == 300


@pytest.mark.parametrize(
    ("command", "target", "message"),
    [
        ("compress", "scene", "does not end in .sog"),
        ("decompress", "scene.sog", "does not end in .ply"),
        ("decompress", "scene.ply", "is the scene itself"),
        ("decompress", "folder.ply", "is a folder"),
    ],
)
def test_a_target_that_cannot_be_written_is_an_error_of_usage(ply, tmp_path, command, target, message):
    (tmp_path / "folder.ply").mkdir()
    before = ply.read_bytes()
    result = invoke(command, ply, tmp_path / target)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert ply.read_bytes() == before


def test_a_folder_with_scenes_in_it_is_named_so(ply, tmp_path):
    result = invoke("compress", tmp_path, tmp_path / "out.sog")
    assert result.exit_code == 3
    assert "is a folder that holds scene.ply" in " ".join(result.stderr.split())


@pytest.mark.parametrize(("command", "target"), [("compress", "out.sog"), ("decompress", "out.ply")])
def test_a_scene_without_gaussians_is_refused_by_name(tmp_path, command, target):
    (tmp_path / "zero.ply").write_bytes(ply_of(columns(0)))
    result = invoke(command, tmp_path / "zero.ply", tmp_path / target)
    assert result.exit_code == 3
    assert "zero.ply has no Gaussians" in result.stderr
    assert not (tmp_path / target).exists()


@pytest.mark.parametrize("suffix", [".sog", ".compressed.ply", ".spz", ".glb"])
def test_a_scene_is_converted_there_and_back(ply, tmp_path, suffix):
    there, back = tmp_path / f"there{suffix}", tmp_path / "back.ply"
    result = invoke("convert", ply, there)
    assert result.exit_code == 0, result.stderr
    assert f"300 Gaussians, {ply.stat().st_size:,} -> {there.stat().st_size:,} bytes" in result.stdout
    assert invoke("convert", there, back).exit_code == 0
    original, decoded = read_ply(ply).means, read_ply(back).means
    assert np.abs(np.sort(original, axis=0) - np.sort(decoded, axis=0)).max() < 0.01


@pytest.mark.parametrize(("command", "end"), [("convert", "sog"), ("compress", "sog"), ("decompress", "ply")])
def test_an_address_is_no_folder_of_this_machine(ply, tmp_path, monkeypatch, command, end):
    monkeypatch.chdir(tmp_path)
    result = invoke(command, ply, f"s3://bucket/scene.{end}")
    assert result.exit_code == 2
    assert "is an address; give a path of this machine" in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "s3:").exists()


@pytest.mark.parametrize("command", ["convert", "compress"])
def test_a_tilde_in_quotes_is_the_home_folder(ply, tmp_path, monkeypatch, command):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(ply.parent)
    assert invoke(command, f"~/{ply.relative_to(tmp_path)}", "~/there.sog").exit_code == 0
    assert (tmp_path / "there.sog").is_file()


def test_a_name_that_is_too_long_is_refused(ply, tmp_path):
    result = invoke("convert", ply, tmp_path / f"{'x' * 300}.sog")
    assert result.exit_code == 3
    assert "File name too long" in " ".join(result.stderr.split())
    assert "Choose shorter names" in " ".join(result.stderr.split())


def test_a_format_that_cannot_hold_everything_says_so(ply, tmp_path):
    write_ply(replace(read_ply(ply), antialiased=True), tmp_path / "mip.ply")
    result = invoke("convert", tmp_path / "mip.ply", tmp_path / "mip.glb")
    assert "Note: it was trained with compensated opacities" in result.stdout
    assert "Note" not in invoke("convert", tmp_path / "mip.ply", tmp_path / "mip.spz").stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("scene", "does not end in one of .sog"),
        ("scene.ply", "is the scene itself"),
        ("folder.glb", "a folder"),
    ],
)
def test_a_target_of_no_format_is_an_error_of_usage(ply, tmp_path, target, message):
    (tmp_path / "folder.glb").mkdir()
    result = invoke("convert", ply, tmp_path / target)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
