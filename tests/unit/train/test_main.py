import json

import numpy as np
import pytest

from components.shared.held_out_photos import read_held_out
from components.shared.image_metrics import displayed, psnr
from components.shared.ply.read_ply import read_ply
from components.shared.rasterize.numba_backend.render import render
from components.shared.training_cameras import read_cameras
from components.train.__main__ import main


@pytest.mark.slow
def test_a_scene_becomes_a_ply_and_its_figures_are_printed(scene_folder, tmp_path, capsys):
    output = tmp_path / "splat"
    arguments = [str(scene_folder), "--output", str(output), "--set", "backend=numba"]
    settings = ["steps=100", "max_gaussians=1000", "checkpoint_every_steps=50"]
    assert main([*arguments, *(word for each in settings for word in ("--set", each))]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["steps"] == 100
    assert figures["gaussians"] == len(read_ply(output / "splat.ply")) <= 1_000
    names = ["cameras.json", "held_out", "splat.ply", "training.json"]
    assert sorted(path.name for path in output.iterdir()) == names
    photos = read_held_out(output / "cameras.json")
    assert len(photos) * 8 >= len(read_cameras(output / "cameras.json")) > 0
    splats = read_ply(output / "splat.ply")
    psnrs = [psnr(displayed(render(splats, photo.camera)), photo.pixels, photo.mask) for photo in photos]
    assert figures["psnr_db"] == pytest.approx(np.mean(psnrs), abs=0.001)


def test_a_wrong_setting_fails_before_anything_is_written(scene_folder, tmp_path, capsys):
    assert main([str(scene_folder), "--output", str(tmp_path / "splat"), "--set", "steps=5"]) == 3
    assert "steps is 5" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
