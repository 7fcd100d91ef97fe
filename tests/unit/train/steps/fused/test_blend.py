"""Blending kernels against the reference rasterizer; without a GPU, in Triton's interpreter."""

import pytest
import torch

from tests.unit.shared.rasterize import rasterize_scenes as scenes

pytest.importorskip("triton", reason="Triton has no wheel for this platform")

from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.reference import ReferenceRasterizer
from components.train.steps.fused.blend import blend, blend_backward
from components.train.steps.fused.colors import evaluate_colors
from components.train.steps.fused.projection import POWER, pack_camera, project
from components.train.steps.fused.tiles import cumulative_tile_counts, intersect_tiles

pytestmark = pytest.mark.slow

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
CAMERA = scenes.make_camera()


class Rendered:
    """A scene rendered by the kernels."""

    def __init__(self, tensors, camera=CAMERA):
        self.tensors = {name: tensor.contiguous().to(DEVICE) for name, tensor in tensors.items()}
        packed = pack_camera(camera, DEVICE)
        self.ellipses = project(self.tensors, packed)
        self.colors = evaluate_colors(self.tensors, packed, self.ellipses.tile_counts, 3)
        size = (camera.width, camera.height)
        counts = cumulative_tile_counts(self.ellipses)
        self.intersections = intersect_tiles(self.ellipses, counts, int(counts[-1]) + 100, packed, *size)
        self.image = blend(self.ellipses, self.colors, *self.intersections, *size)

    def sums(self, v_image):
        v_image = v_image.to(DEVICE)
        return blend_backward(self.ellipses, self.colors, *self.intersections, self.image, v_image).cpu()


def unpack(ellipses):
    """Centre, opacity and conic of each."""
    x, y, peak, _, a, b, c, _ = ellipses.table.cpu().unbind(1)
    return x, y, peak.exp2(), a / POWER, b / (2 * POWER), c / POWER


def reference(tensors, camera=CAMERA):
    rasterizer = ReferenceRasterizer()
    return rasterizer(**tensors, camera=camera, sh_degree=3, background=torch.zeros(3))


@pytest.mark.parametrize("scene", scenes.USUAL)
def test_the_image_is_that_of_the_reference(scene):
    rendered, plain = Rendered(scenes.SCENES[scene][0]()), reference(scenes.SCENES[scene][0]())
    torch.testing.assert_close(rendered.image[..., :3].cpu(), plain.image, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(1.0 - rendered.image[..., 3].cpu(), plain.alpha, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scene", scenes.USUAL)
def test_sums_are_those_of_the_references_gradients(scene):
    tensors = {
        name: tensor.double().requires_grad_(True) for name, tensor in scenes.SCENES[scene][0]().items()
    }
    v_image = torch.rand(CAMERA.height, CAMERA.width, 4, generator=torch.Generator().manual_seed(1)) - 0.3
    plain = reference(tensors)
    (plain.image * v_image[..., :3]).sum().backward()

    rendered = Rendered(scenes.SCENES[scene][0]())
    sums = rendered.sums(v_image)
    seen = rendered.ellipses.tile_counts.cpu() > 0
    _, _, opacity, a, b, c = unpack(rendered.ellipses)
    v_means2d = torch.stack([a * sums[:, 1] + b * sums[:, 2], b * sums[:, 1] + c * sums[:, 2]], dim=1)
    for mine, truth in (
        (sums[:, 0] * (1.0 - opacity), tensors["opacities"].grad),
        (v_means2d, plain.means2d.grad),
        (sums[:, 6:9] * (rendered.colors.cpu()[:, :3] > 0) * SH_C0, tensors["sh0"].grad),
    ):
        scale = float(truth.abs().max())
        # Tensor cores round what they multiply to ten bits.
        torch.testing.assert_close(mine[seen].double(), truth[seen], rtol=2e-3, atol=1e-3 * scale)


def test_the_fourth_channel_sums_errors_and_changes_no_gradient():
    errors = torch.rand(CAMERA.height, CAMERA.width, generator=torch.Generator().manual_seed(2))
    rendered = Rendered(scenes.SCENES["random"][0]())
    sums = rendered.sums(torch.nn.functional.pad(errors[..., None], (3, 0)))
    covered = 1.0 - rendered.image[..., 3].cpu()
    assert (sums[:, :9] == 0).all()
    torch.testing.assert_close(sums[:, 9].sum(), (covered * errors).sum(), rtol=2e-3, atol=0.0)
