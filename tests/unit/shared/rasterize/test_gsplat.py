"""The CUDA backend renders the same images and returns the same gradients as the one on the CPU."""

import pytest
import torch

from components.shared.rasterize import make_rasterizer
from tests.unit.shared.rasterize.rasterize_scenes import SCENES, run_trial

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
NEEDLES_ATOL = 3e-3
"""Of the largest gradient. float32 has no more digits there: against the reference in float64 numba, with
double precision where it counts, is off by 3e-5, the reference in float32 by 2.1e-3, and gsplat by 0.3e-3 or
1.4e-3, as its colours happen to be rounded."""


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
def test_gradients_are_equal(trials, name, request):
    numba, gsplat = trials
    scale = numba.gradients[name].abs().max().item()
    is_needles = request.node.callspec.params["trials"] == "needles"
    atol = (NEEDLES_ATOL if is_needles else 1e-3) * scale
    torch.testing.assert_close(numba.gradients[name], gsplat.gradients[name].cpu(), atol=atol, rtol=1e-3)
