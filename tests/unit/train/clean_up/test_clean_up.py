"""Planted floaters and haze are removed from a scene of which nothing else goes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from components.shared.contracts.training import CleanUp
from components.shared.image_metrics import psnr
from components.shared.rasterize import make_rasterizer
from components.shared.run_layout import CLEAN_UP_AFTER, CLEAN_UP_BEFORE
from components.shared.scene import Camera
from components.train.clean_up.clean_up import clean_up
from components.train.clean_up.evidence import HAZE_MAX_DEPTH, Evidence, gather_evidence
from components.train.clean_up.rules import floaters, haze
from components.train.model.gaussians import NAMES, Gaussians
from components.train.scene.views import TrainingView, Views
from tests.unit.shared.rasterize import rasterize_scenes as scenes
from tests.unit.train.painted_cube import CUBE, VIEWS, painted, ring_camera, surface_points

DRAW = make_rasterizer("numba")
CAMERAS = [ring_camera(index) for index in range(VIEWS)]
HAZE = ((0.0, 0.0, 0.0), (0.4, -0.2, 0.1), (-0.3, 0.3, 0.2))
"""In the middle of the room, where all cameras look through to the walls."""


def render(tensors: dict[str, torch.Tensor], camera: Camera):
    return DRAW(**tensors, camera=camera, sh_degree=0, background=torch.zeros(3))


def gaussians_at(means, colors, width: float, opacity: float) -> dict[str, torch.Tensor]:
    count = len(means)
    return {
        "means": torch.tensor(np.array(means), dtype=torch.float32),
        "quats": torch.tensor([[1.0, 0.0, 0.0, 0.0]]).repeat(count, 1),
        "scales": torch.full((count, 3), float(np.log(width))),
        "opacities": torch.full((count,), float(np.log(opacity / (1.0 - opacity)))),
        "sh0": torch.tensor((np.array(colors) - 0.5) / 0.282, dtype=torch.float32),
        "shN": torch.zeros(count, 0, 3),
    }


def room() -> dict[str, torch.Tensor]:
    """The walls alone, opaque."""
    points = surface_points()
    walls = points[np.abs(points).max(axis=1) > 1.5 * CUBE]
    return gaussians_at(walls, painted(walls), 0.35, 0.99)


def joined(*parts: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: torch.cat([part[name] for part in parts]) for name in NAMES}


def before_lens(camera: Camera) -> dict[str, torch.Tensor]:
    """A floater that one camera alone has before its lens."""
    return gaussians_at([camera.center + 0.4 * camera.viewmat[2, :3]], [[0.9, 0.1, 0.9]], 0.05, 0.3)


def veil() -> dict[str, torch.Tensor]:
    return gaussians_at(HAZE, [[0.9, 0.9, 0.9]] * len(HAZE), 0.15, 0.1)


def views_of(tensors: dict[str, torch.Tensor]) -> Views:
    """Photos of a scene, every 8th held out."""
    photos = [
        TrainingView(str(index), camera, render(tensors, camera).image.clamp(0, 1).mul(255).round().byte())
        for index, camera in enumerate(CAMERAS)
    ]
    training = [photo for index, photo in enumerate(photos) if index % 8]
    return Views(training=[training], held_out=photos[::8])


def cleaned(gaussians: Gaussians, views: Views, folder: Path) -> CleanUp:
    evidence = gather_evidence(gaussians.tensors, DRAW, views.training[0])
    return clean_up(gaussians, evidence, views, render, folder)


def test_planted_floaters_and_haze_go_and_nothing_of_the_scene(tmp_path):
    scene = room()
    gaussians = Gaussians(joined(before_lens(CAMERAS[3]), scene, veil()))
    record = cleaned(gaussians, views_of(scene), tmp_path)
    assert record.removed() == {"floaters": 1, "haze": len(HAZE)}
    assert record.psnr_after_db > record.psnr_before_db + 1.0
    for name in NAMES:
        assert torch.equal(gaussians[name].detach(), scene[name])
    assert record.pictured == "3"  # the floater is before its lens
    with Image.open(tmp_path / CLEAN_UP_BEFORE) as before, Image.open(tmp_path / CLEAN_UP_AFTER) as after:
        old, new = (np.asarray(picture.convert("RGB")) for picture in (before, after))
    assert psnr(new, views_of(scene).training[0][2].pixels.numpy()) > 30.0
    assert psnr(old, new) < 32.0


def test_what_held_out_photos_show_is_put_back(tmp_path):
    scene = joined(room(), veil())  # A veil that is real: photos show it.
    gaussians = Gaussians(scene)
    record = cleaned(gaussians, views_of(scene), tmp_path)
    rule = record.rules["haze"]
    assert rule.found == len(HAZE)
    assert not rule.removed
    assert rule.psnr_change_db is not None
    assert rule.psnr_change_db < -0.02
    assert record.removed()["haze"] == 0
    assert record.psnr_after_db == record.psnr_before_db
    assert torch.equal(gaussians["means"].detach(), scene["means"])
    assert f"{len(HAZE)} Gaussians of haze kept" in record.sentence()


def test_a_clean_scene_stays_as_it_is(tmp_path):
    scene = room()
    gaussians = Gaussians(scene)
    record = cleaned(gaussians, views_of(scene), tmp_path)
    assert record.removed() == {"floaters": 0, "haze": 0}
    assert record.sentence() == ""
    assert record.pictured is None
    assert list(tmp_path.iterdir()) == []
    assert torch.equal(gaussians["means"].detach(), scene["means"])


def test_evidence_is_that_of_one_gaussian_after_the_other():
    """The reference: colour one Gaussian white and all others black."""
    tensors = scenes.random_gaussians(12, seed=4, spread=0.5)
    photo = TrainingView("a", scenes.make_camera(), torch.zeros(37, 45, 3, dtype=torch.uint8))
    evidence = gather_evidence(tensors, DRAW, [photo, photo])
    alpha = render(tensors, photo.camera).alpha.detach()
    pixels, depths = photo.camera.project(tensors["means"].double().numpy())
    weights = []
    for row in range(12):
        colors = torch.full((12, 3), -0.5 / 0.28209479177387814)
        colors[row] *= -1.0
        weights.append(render({**tensors, "sh0": colors}, photo.camera).image[..., 0].detach())
    inverse = sum(weight / depth for weight, depth in zip(weights, depths, strict=True))
    for row, (x, y) in enumerate(pixels.astype(int)):
        assert evidence.contribution[row] == pytest.approx(2.0 * float(weights[row].sum()), rel=1e-3)
        assert evidence.largest[row] == pytest.approx(float(weights[row].sum()), rel=1e-3)
        expected = float(depths[row] * inverse[y, x] / alpha[y, x])
        assert evidence.depth_in_largest[row] == pytest.approx(expected, rel=1e-3)
        assert evidence.looking_through[row] == 2 * (expected < HAZE_MAX_DEPTH)
    assert evidence.photos.tolist() == [2] * 12


def photos(*rows: tuple[float, float]) -> Evidence:
    """Evidence of one Gaussian: its weight and relative depth in each photo."""
    evidence = Evidence.none(torch.zeros(1, 3))
    for weight, depth in rows:
        evidence.add(torch.tensor([weight]), torch.tensor([depth]))
    return evidence


NAN = float("nan")


@pytest.mark.parametrize(
    ("evidence", "is_floater", "is_haze"),
    [
        (photos((9.5, 0.3), (0.5, 1.0)), True, False),
        (photos((9.5, 0.9), (0.5, 0.3)), False, False),
        (photos((9.5, NAN), (0.5, 0.3)), False, False),
        (photos((5.0, 0.3), (5.0, 0.3)), False, True),
        (photos((5.0, 0.3), (5.0, 0.7)), False, False),
        (photos((5.0, 0.3), (5.0, NAN)), False, False),
        (photos(), False, False),
    ],
)
def test_rules(evidence, is_floater, is_haze):
    assert bool(floaters(evidence)) == is_floater
    assert bool(haze(evidence)) == is_haze
