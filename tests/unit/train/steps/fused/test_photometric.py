"""The fused loss and its gradient against plain torch, in Triton's interpreter where there is no GPU."""

import pytest
import torch

pytest.importorskip("triton", reason="Triton has no wheel for this platform")

from components.train.losses.photometric import torch_photometric_loss
from components.train.steps.autograd_step import equalize_masked
from components.train.steps.fused.photometric import photometric

pytestmark = pytest.mark.slow

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", [(23, 31), (12, 100)])
def test_loss_and_gradient_are_those_of_torch(size, channels):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(*size, channels, generator=generator) * 1.4 - 0.2
    target = torch.randint(0, 256, (*size, 3), generator=generator, dtype=torch.uint8)
    plain = image[..., :3].clone().requires_grad_(True)
    loss = torch_photometric_loss(plain, target / 255.0, 0.2)
    loss.backward()

    fused = photometric(image.to(DEVICE), target.to(DEVICE), 0.2)

    torch.testing.assert_close(fused.loss.cpu(), loss.detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(fused.v_image.cpu()[..., :3], plain.grad, rtol=1e-3, atol=1e-7)
    shown = image[..., :3].clamp(0.0, 1.0)
    torch.testing.assert_close(fused.squared_error.cpu(), (shown - target / 255.0).square().mean())
    if channels == 4:
        error = (image[..., :3] - target / 255.0).abs().mean(dim=-1)
        torch.testing.assert_close(fused.v_image.cpu()[..., 3], error)


def test_masked_pixels_are_those_of_the_plain_step():
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(19, 34, 4, generator=generator)
    target = torch.randint(0, 256, (19, 34, 3), generator=generator, dtype=torch.uint8)
    mask = torch.rand(19, 34, 1, generator=generator) > 0.3
    plain = image[..., :3].clone().requires_grad_(True)
    loss = torch_photometric_loss(*equalize_masked(plain, target / 255.0, mask), 0.2)
    loss.backward()

    fused = photometric(image.to(DEVICE), target.to(DEVICE), 0.2, mask.to(DEVICE))

    torch.testing.assert_close(fused.loss.cpu(), loss.detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(fused.v_image.cpu()[..., :3], plain.grad, rtol=1e-3, atol=1e-7)
    masked = ~mask[..., 0]
    assert (plain.grad[masked] == 0).all()
    assert (fused.v_image.cpu()[masked] == 0).all()
