"""The CUDA backend renders the same images and returns the same gradients as the one on the CPU."""

import pytest
import torch

from components.shared.rasterize import make_rasterizer
from tests.unit.shared.rasterize.rasterize_scenes import SCENES, run_trial

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.fixture(scope="module", params=[False, True], ids=["classic", "antialiased"])
def antialiased(request):
    return request.param


@pytest.fixture(scope="module", params=SCENES)
def trials(request, antialiased):
    if antialiased and request.param == "needles":
        pytest.skip("the determinant of a needle's covariance has no digits left in gsplat's float32")
    build, camera = SCENES[request.param]
    return tuple(
        run_trial(make_rasterizer(name, antialiased), build(), camera) for name in ("numba", "gsplat")
    )


def test_images_are_equal(trials):
    numba, gsplat = trials
    torch.testing.assert_close(numba.rendered.image, gsplat.rendered.image.cpu(), atol=2e-4, rtol=0)
    torch.testing.assert_close(numba.rendered.alpha, gsplat.rendered.alpha.cpu(), atol=2e-4, rtol=0)
    torch.testing.assert_close(numba.radii_px, gsplat.radii_px, atol=1, rtol=0)


@pytest.mark.parametrize(
    "name", ["means", "quats", "scales", "opacities", "sh0", "shN", "background", "means2d"]
)
def test_gradients_are_equal(trials, name):
    numba, gsplat = trials
    scale = numba.gradients[name].abs().max().item()
    torch.testing.assert_close(
        numba.gradients[name], gsplat.gradients[name].cpu(), atol=1e-3 * scale, rtol=1e-3
    )
