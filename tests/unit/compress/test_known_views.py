"""Files of scenes whose views are known: smaller, without what is not seen, and of the size asked for."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from components.compress.settings import CompressSettings
from components.compress.visible.held_out_psnr import held_out_psnr_db
from components.compress.visible.views_around import views_around
from components.compress.write_sog import write_sog
from components.shared.errors import InputError
from components.shared.held_out_photos import HeldOutPhoto
from components.shared.image_metrics import displayed, psnr
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.numba_backend.render import render
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats
from components.shared.training_cameras import CameraInfo, TrainingCameras, read_cameras
from tests.unit.shared.sog.sog_scenes import random_splats


@pytest.fixture(scope="module")
def scene() -> Splats:
    splats = random_splats(6000, 8)
    return replace(splats, scales=splats.scales + 1.0)


def settings(**changes) -> CompressSettings:
    return CompressSettings(device="cpu", order="log-morton", **changes)


def test_a_file_for_known_views_is_smaller_and_looks_the_same(scene, tmp_path):
    cameras = views_around(scene)
    plain = write_sog(scene, tmp_path / "plain.sog", settings(max_palette_entries=192))
    rated = write_sog(scene, tmp_path / "rated.sog", settings(max_palette_entries=192), cameras=cameras)
    assert rated.bytes < plain.bytes

    def fidelity(name):
        return psnr(render(read_sog(tmp_path / name), cameras[5]), render(scene, cameras[5]))

    assert fidelity("rated.sog") > fidelity("plain.sog") - 1.0


def trained_with_palette(scene, entries):
    labels = np.random.default_rng(2).integers(0, entries, len(scene))
    return replace(scene, shN=scene.shN[:entries][labels])


def test_a_trained_palette_is_delivered_as_it_is(scene, tmp_path):
    trained, cameras = trained_with_palette(scene, 300), views_around(scene)
    result = write_sog(trained, tmp_path / "a.sog", settings(), cameras=cameras)
    assert result.palette_entries <= 300
    assert result.errors.f_rest_snr_db > 25.0
    assert psnr(render(read_sog(tmp_path / "a.sog"), cameras[5]), render(trained, cameras[5])) > 40.0


def test_a_size_makes_a_trained_palette_smaller(scene, tmp_path):
    trained, cameras = trained_with_palette(scene, 1200), views_around(scene)
    plain = write_sog(trained, tmp_path / "a.sog", settings(), cameras=cameras)
    limit = plain.bytes // 3
    small = write_sog(trained, tmp_path / "b.sog", settings(size=f"{limit}B"), cameras=cameras)
    assert small.bytes <= limit
    assert small.palette_entries < 600 < plain.palette_entries


def test_high_quality_is_closer_and_larger(scene, tmp_path):
    cameras = views_around(scene)
    web = write_sog(scene, tmp_path / "web.sog", settings(), cameras=cameras)
    high = write_sog(scene, tmp_path / "high.sog", settings(quality="high"), cameras=cameras)
    assert high.bytes > web.bytes
    assert high.errors.position < web.errors.position
    assert high.errors.log_scale < web.errors.log_scale


def test_what_no_view_shows_is_left_out_and_counted(scene, tmp_path):
    hidden = scene.select(np.arange(50))
    hidden = replace(hidden, means=hidden.means * 0.01 + np.float32(40.0), scales=hidden.scales - 3.0)
    joined = Splats(*(np.concatenate([getattr(each, name) for each in (scene, hidden)]) for name in _ARRAYS))
    result = write_sog(joined, tmp_path / "a.sog", settings(), cameras=views_around(scene)[:1])
    assert result.left_out.unseen >= 50
    assert result.gaussians + result.left_out.total == len(joined)
    assert len(read_sog(tmp_path / "a.sog")) == result.gaussians


_ARRAYS = ("means", "quats", "scales", "opacities", "sh0", "shN")


@pytest.mark.slow
@pytest.mark.parametrize("size", ["40kB", "60kB"])
def test_the_size_is_met(scene, tmp_path, size):
    result = write_sog(scene, tmp_path / "a.sog", settings(size=size))
    wanted = int(size[:-2]) * 1000
    assert 0.95 * wanted <= result.bytes <= wanted


def test_cameras_of_another_scene_are_refused(scene, tmp_path):
    camera = views_around(scene)[0]
    behind = replace(scene, means=scene.means + (10.0 * camera.center).astype(np.float32))
    with pytest.raises(InputError, match="none of 6,000 Gaussians is seen in any of the 1 views"):
        write_sog(behind, tmp_path / "a.sog", settings(), cameras=[camera])
    assert list(tmp_path.iterdir()) == []


def test_a_single_gaussian_has_views_around_it(scene, tmp_path):
    single = scene.select(np.arange(1))
    assert max(render(single, camera).max() for camera in views_around(single)) > 0.1
    assert write_sog(single, tmp_path / "a.sog", settings(size="10kB")).gaussians == 1


def test_an_impossible_size_is_refused(scene, tmp_path):
    with pytest.raises(InputError, match=r"compress\.size allows"):
        write_sog(scene, tmp_path / "a.sog", settings(size="10kB", max_palette_entries=64))
    assert list(tmp_path.iterdir()) == []


def photos(scene, noise):
    """Noisy photos from between the views that decide; of the first, one half counts."""
    rng, held_out = np.random.default_rng(3), []
    for index, camera in enumerate(turned(views_around(scene)[::6])):
        pixels = displayed(render(scene, camera) + rng.normal(0.0, noise, (camera.height, camera.width, 3)))
        mask = np.arange(camera.width) < camera.width // 2
        half = np.broadcast_to(mask, (camera.height, camera.width)) if index == 0 else None
        held_out.append(HeldOutPhoto(f"{index}.jpg", camera, pixels, half))
    return held_out


def turned(cameras):
    """The cameras, turned about the origin by 5° around the vertical axis: views that decided nothing."""
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("y", 5.0, degrees=True).as_matrix()
    return [replace(camera, viewmat=camera.viewmat @ turn) for camera in cameras]


@pytest.mark.slow
def test_the_file_is_the_smallest_that_loses_no_more_than_allowed(scene, tmp_path):
    cameras, held_out, sizes = views_around(scene), photos(scene, 0.1), []

    def psnr_db(splats):
        renders = (displayed(render(splats, photo.camera)) for photo in held_out)
        pairs = zip(renders, held_out, strict=True)
        return np.mean([psnr(image, photo.pixels, photo.mask) for image, photo in pairs])

    for allowed in (0.1, 1.0):
        path = tmp_path / f"{allowed}.sog"
        result = write_sog(scene, path, settings(max_psnr_drop=allowed), cameras=cameras, held_out=held_out)
        sizes.append(result.bytes)
        assert result.left_out.unseen == 0
        assert 0.85 * allowed < psnr_db(scene) - psnr_db(read_sog(path)) <= allowed
    assert sizes[1] < sizes[0]


def test_a_loss_that_no_file_has_is_refused(scene, tmp_path):
    with pytest.raises(InputError, match=r"the closest file loses .* allows 0\.001 dB"):
        write_sog(
            scene,
            tmp_path / "a.sog",
            settings(max_psnr_drop=0.001, max_palette_entries=64),
            cameras=views_around(scene),
            held_out=photos(scene, 0.01)[:2],
        )
    assert list(tmp_path.iterdir()) == []


def test_a_loss_on_unknown_photos_is_refused_at_once(scene, tmp_path):
    with pytest.raises(InputError, match="on photos that are not known") as caught:
        write_sog(scene, tmp_path / "a.sog", settings(max_psnr_drop=0.1), cameras=views_around(scene))
    assert "held_out" in caught.value.remedy


def test_the_psnr_is_the_same_by_torch(scene):
    held_out = photos(scene, 0.1)[:2]
    by_torch = held_out_psnr_db(scene, held_out, make_rasterizer("numba"))
    assert held_out_psnr_db(scene, held_out) == pytest.approx(by_torch, abs=1e-4)
    assert 19.0 < by_torch < 23.0


def test_one_budget_is_enough():
    with pytest.raises(InputError, match=r"size is 8MB and compress\.max_psnr_drop is 0\.1"):
        settings(size="8MB", max_psnr_drop=0.1)


@pytest.mark.parametrize("text", ["8 parsecs", "-1MB", "3kB"])
def test_a_wrong_size_is_refused(text):
    with pytest.raises(InputError, match="at least 10 kB"):
        settings(size=text)


def test_cameras_are_read_as_written(scene, tmp_path):
    cameras = views_around(scene)[:2]
    infos = [CameraInfo.of(f"{index}.jpg", each) for index, each in enumerate(cameras)]
    TrainingCameras(cameras=infos).write(tmp_path / "cameras.json")
    again = read_cameras(tmp_path / "cameras.json")
    np.testing.assert_array_equal(again[1].viewmat, cameras[1].viewmat)
    np.testing.assert_array_equal(again[1].K, cameras[1].K)
    assert read_cameras(tmp_path / "other.json") == []
    with pytest.raises(InputError, match="does not exist"):
        read_cameras(tmp_path / "other.json", required=True)
