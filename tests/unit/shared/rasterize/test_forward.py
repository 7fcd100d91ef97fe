"""What images the numba backend renders, and what it refuses."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.numba_backend.render import render
from components.shared.scene import Camera
from components.shared.splats import Splats
from tests.unit.shared.rasterize.rasterize_scenes import make_camera, radii_of, random_gaussians, run_trial

BACKGROUND = torch.tensor([0.2, 0.5, 0.9])


def draw(gaussians, camera, backend="numba", sh_degree=3, antialiased=False):
    with torch.no_grad():
        draws = make_rasterizer(backend, antialiased)
        return draws(**gaussians, camera=camera, sh_degree=sh_degree, background=BACKGROUND)


def radii(gaussians, camera, antialiased=False):
    return radii_of(make_rasterizer("numba", antialiased), gaussians, camera).tolist()


def single_gaussian(**changes):
    """Round, of 0.1 units, opacity 0.5, white, straight ahead of `straight_camera` at a distance of 2."""
    gaussian = {
        "means": torch.tensor([[0.0, 0.0, 2.0]]),
        "quats": torch.tensor([[1.0, 0.0, 0.0, 0.0]]),
        "scales": torch.full((1, 3), float(np.log(0.1))),
        "opacities": torch.zeros(1),
        "sh0": torch.full((1, 3), 0.5 / SH_C0),
        "shN": torch.zeros(1, 0, 3),
    }
    return gaussian | changes


def straight_camera():
    """At the origin, 40 px focal length, its axis through the centre of pixel (12, 20)."""
    K = np.array([[40.0, 0, 20.5], [0, 40.0, 12.5], [0, 0, 1]])
    return Camera(np.eye(4), K, 40, 30)


def test_a_gaussian_has_the_profile_of_its_projection():
    rendered = draw(single_gaussian(), straight_camera(), sh_degree=0)
    variance = (40.0 * 0.1 / 2.0) ** 2 + 0.3
    distance = np.arange(6)
    expected = 0.5 * np.exp(-0.5 * distance**2 / variance)
    np.testing.assert_allclose(rendered.alpha[12, 20:26].numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(rendered.alpha[12:18, 20].numpy(), expected, atol=1e-5)
    center = 0.5 * 1.0 + 0.5 * BACKGROUND.numpy()
    np.testing.assert_allclose(rendered.image[12, 20].numpy(), center, atol=1e-5)
    assert rendered.means2d[0].tolist() == [20.5, 12.5]
    assert radii(single_gaussian(), straight_camera()) == [7]


@pytest.mark.parametrize("width", [0.1, 0.01, 0.003])
def test_antialiased_a_gaussian_covers_as_much_as_without_the_blur(width):
    gaussian = single_gaussian(scales=torch.full((1, 3), float(np.log(width))))
    sharp = 2 * np.pi * 0.5 * (40.0 * width / 2.0) ** 2
    covered = draw(gaussian, straight_camera(), sh_degree=0, antialiased=True).alpha
    # What falls below the least alpha is not composited.
    assert sharp - 0.1 * sharp - 0.1 < float(covered.sum()) < sharp
    blurred = draw(gaussian, straight_camera(), sh_degree=0).alpha
    assert float(blurred.sum()) > 0.9 * (sharp + 2 * np.pi * 0.5 * 0.3) - 0.1


def test_antialiased_what_is_too_small_to_be_seen_is_culled():
    gaussian = single_gaussian(scales=torch.full((1, 3), float(np.log(1e-4))))
    assert radii(gaussian, straight_camera()) == [2]
    assert radii(gaussian, straight_camera(), antialiased=True) == [0]


def test_nothing_is_composited_below_the_least_alpha():
    alpha = draw(single_gaussian(), straight_camera(), sh_degree=0).alpha
    assert alpha[alpha > 0].min() >= 1 / 255
    assert torch.count_nonzero(alpha) < 200


def test_the_nearer_gaussian_covers_the_farther():
    near, far = single_gaussian(), single_gaussian(means=torch.tensor([[0.0, 0.0, 4.0]]))
    near["sh0"], near["opacities"] = -near["sh0"], torch.tensor([6.0])
    both = {name: torch.cat([far[name], near[name]]) for name in near}
    rendered = draw(both, straight_camera(), sh_degree=0)
    assert rendered.image[12, 20].max() < 0.01


@pytest.mark.parametrize("count", [0, 5])
def test_without_visible_gaussians_the_background_remains(count):
    gaussians = random_gaussians(count)
    gaussians["means"] = gaussians["means"] - torch.tensor([0.0, 0.0, 50.0])
    trial = run_trial(make_rasterizer("numba"), gaussians, make_camera())
    assert torch.equal(trial.rendered.image, BACKGROUND.expand(37, 45, 3))
    assert trial.radii_px.tolist() == [0] * count
    assert all(torch.count_nonzero(trial.gradients[name]) == 0 for name in gaussians)
    assert torch.count_nonzero(trial.gradients["background"]) == 3


@pytest.mark.parametrize("name", ["means", "quats", "scales", "opacities"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_broken_gaussians_do_not_spoil_the_others(name, value):
    gaussians = random_gaussians(10)
    expected = draw({key: tensor[1:] for key, tensor in gaussians.items()}, make_camera()).image
    gaussians[name][0] = value
    if name == "opacities" and value > 0:
        gaussians["means"][0] = torch.tensor([0.0, 0.0, -50.0])
    if name == "scales" and value < 0:
        gaussians["opacities"][0] = -20.0
    assert torch.equal(draw(gaussians, make_camera()).image, expected)


def test_a_broken_color_shows():
    gaussians = random_gaussians(10)
    gaussians["sh0"][:, 1] = float("nan")
    assert draw(gaussians, make_camera()).image.isnan().any()


@pytest.mark.slow
def test_length_of_quaternions_does_not_matter():
    gaussians = random_gaussians(20)
    longer = gaussians | {"quats": gaussians["quats"] * 7.0}
    torch.testing.assert_close(draw(longer, make_camera()).image, draw(gaussians, make_camera()).image)


def test_strided_tensors_are_read_right():
    gaussians = random_gaussians(20)
    strided = {name: torch.stack([tensor, tensor], dim=-1)[..., 0] for name, tensor in gaussians.items()}
    assert torch.equal(draw(strided, make_camera()).image, draw(gaussians, make_camera()).image)


@pytest.mark.parametrize("antialiased", [False, True])
def test_render_without_torch_gives_the_same(antialiased):
    gaussians = random_gaussians(50)
    splats = Splats(**{name: tensor.numpy() for name, tensor in gaussians.items()}, antialiased=antialiased)
    image = render(splats, make_camera(), background=BACKGROUND.numpy())
    np.testing.assert_array_equal(image, draw(gaussians, make_camera(), antialiased=antialiased).image)
    base = render(splats, make_camera(), background=BACKGROUND.numpy(), sh_degree=0)
    expected = draw(gaussians, make_camera(), sh_degree=0, antialiased=antialiased).image
    np.testing.assert_array_equal(base, expected)


def test_render_does_not_import_torch():
    name = "components.shared.rasterize.numba_backend.render"
    code = f"import sys; import {name}; sys.exit('torch' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], check=False, timeout=120)
    assert process.returncode == 0, "torch was imported, or the import failed"


def test_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="opengl"):
        make_rasterizer("opengl")


def test_auto_takes_what_the_machine_has():
    assert make_rasterizer("auto").name == ("gsplat" if torch.cuda.is_available() else "numba")


def test_wrong_dtype_is_refused():
    gaussians = {name: tensor.double() for name, tensor in random_gaussians(2).items()}
    with pytest.raises(ValueError, match="float64"):
        draw(gaussians, make_camera())


def test_degree_beyond_the_coefficients_is_refused():
    with pytest.raises(ValueError, match="degrees 0 to 0"):
        draw(single_gaussian(), straight_camera(), sh_degree=1)
