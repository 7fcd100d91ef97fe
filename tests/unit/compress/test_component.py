"""The KFP component unpacks its input and leaves the .sog, metrics and the stage's record."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
from kfp import dsl

from components.compress.component import compress
from components.compress.visible.views_around import views_around
from components.shared.archive import pack, unpack
from components.shared.held_out_photos import HeldOutPhoto, write_held_out
from components.shared.image_metrics import displayed, psnr
from components.shared.ply.read_ply import read_ply
from components.shared.rasterize.numba_backend.render import render
from components.shared.run_folder import note_output
from components.shared.sog.read_sog import read_sog
from components.shared.spz.read_spz import read_spz
from components.shared.training_cameras import CAMERAS_FILE, CameraInfo, TrainingCameras

PLY = Path(__file__).parents[2] / "data" / "version_0_1_0" / "splat.ply"


def test_the_component_compresses_an_archive_of_training(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))
    (tmp_path / "trained").mkdir()
    shutil.copy(PLY, tmp_path / "trained")
    pack(tmp_path / "trained", tmp_path / "splat")
    exports = dsl.Dataset(uri=str(tmp_path / "exports"))
    sog, metrics = dsl.Model(uri=str(tmp_path / "sog")), dsl.Metrics(uri=str(tmp_path / "metrics"))
    note_output("0123", str(tmp_path / "out"), sog)
    compress.python_func(
        splat=dsl.Model(uri=str(tmp_path / "splat")),
        sog=sog,
        exports=exports,
        metrics=metrics,
        fingerprint="0123",
        settings='device=cpu,formats="spz,lod"',
    )
    assert len(read_sog(Path(sog.path))) == metrics.metadata["gaussians"] == 1000
    record = json.loads((tmp_path / "out/stages/compress.json").read_text())
    assert record["figures"]["bytes"] == Path(sog.path).stat().st_size
    assert record["versions"]["numpy"] == version("numpy")
    assert record["failure"] is None
    unpack(Path(exports.path), tmp_path / "unpacked")
    assert len(read_spz(tmp_path / "unpacked" / "scene.spz")) == 1000
    assert len(read_sog(tmp_path / "unpacked" / "lod")) == 1000
    assert list(record["figures"]["exports"]) == ["spz", "lod"]
    assert record["figures"]["exports"]["spz"] == (tmp_path / "unpacked" / "scene.spz").stat().st_size
    assert record["figures"]["exports_left_out"] == {}


def test_the_component_measures_the_loss_on_the_photos_that_training_held_out(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN_FOLDER", str(tmp_path / "run"))
    trained, splats = tmp_path / "trained", read_ply(PLY)
    cameras = [camera.scaled(100, 100) for camera in views_around(splats)]
    noise = np.random.default_rng(0).normal(0.0, 0.05, (100, 100, 3))
    photo = HeldOutPhoto("0.jpg", cameras[20], displayed(render(splats, cameras[20]) + noise))
    write_held_out([photo], trained)
    shutil.copy(PLY, trained)
    infos = [CameraInfo.of(f"{index}.jpg", camera) for index, camera in enumerate(cameras)]
    TrainingCameras(cameras=infos[1:], held_out=[CameraInfo.of(photo.name, photo.camera)]).write(
        trained / CAMERAS_FILE
    )
    pack(trained, tmp_path / "splat")
    sog = dsl.Model(uri=str(tmp_path / "sog"))
    note_output("0123", str(tmp_path / "out"), sog)
    compress.python_func(
        splat=dsl.Model(uri=str(tmp_path / "splat")),
        sog=sog,
        exports=dsl.Dataset(uri=str(tmp_path / "exports")),
        metrics=dsl.Metrics(uri=str(tmp_path / "metrics")),
        fingerprint="0123",
        settings="device=cpu,max_psnr_drop=0.5",
    )
    before, after = (
        psnr(displayed(render(each, photo.camera)), photo.pixels)
        for each in (splats, read_sog(Path(sog.path)))
    )
    assert 0.3 < before - after <= 0.5
