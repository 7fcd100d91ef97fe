import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from components.shared.image_metrics import ssim
from components.train.losses.photometric import photometric_loss, torch_photometric_loss

pytestmark = pytest.mark.slow


def random_images(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(height, width, 3, generator=generator)
    noise = 0.2 * torch.randn(height, width, 3, generator=generator)
    return image, (image + noise).clamp(0, 1)


@pytest.mark.parametrize("ssim_lambda", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("size", [(160, 70), (37, 45), (11, 11), (5, 3), (1, 1)])
def test_value_and_gradient_agree_with_autograd(size, ssim_lambda):
    image, target = random_images(*size)
    fast, slow = image.clone().requires_grad_(), image.double().requires_grad_()
    loss = photometric_loss(fast, target, ssim_lambda)
    expected = torch_photometric_loss(slow, target.double(), ssim_lambda)
    (3 * loss).backward()
    (3 * expected).backward()
    torch.testing.assert_close(loss.double(), expected, atol=1e-6, rtol=1e-5)
    scale = slow.grad.abs().max().item()
    torch.testing.assert_close(fast.grad.double(), slow.grad, atol=2e-5 * scale, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_images_cost_nothing(dtype):
    image = random_images(20, 30)[0].to(dtype).requires_grad_()
    loss = photometric_loss(image, image.detach().clone(), 0.2)
    loss.backward()
    assert abs(loss.item()) < 1e-6
    assert float(image.grad.abs().max()) < 1e-6


def test_l1_alone_is_the_mean_difference():
    image = torch.full((12, 9, 3), 0.25)
    target = torch.full((12, 9, 3), 0.75)
    assert photometric_loss(image, target, 0.0).item() == pytest.approx(0.5)


def test_flat_regions_do_not_break_the_gradient():
    image = torch.zeros(30, 30, 3, requires_grad=True)
    photometric_loss(image, torch.ones(30, 30, 3), 0.5).backward()
    assert image.grad.isfinite().all()
    assert (image.grad <= 0).all()


def test_a_step_along_the_gradient_lowers_the_loss():
    image, target = random_images(40, 50)
    image.requires_grad_()
    before = photometric_loss(image, target, 0.2)
    before.backward()
    after = photometric_loss(image.detach() - 10 * image.grad, target, 0.2)
    assert after.item() < before.item()


def test_strided_images_are_read_right():
    image, target = random_images(40, 30)
    expected = photometric_loss(image, target, 0.2)
    transposed = photometric_loss(
        image.transpose(0, 1).contiguous().transpose(0, 1), target.flip(0).contiguous().flip(0), 0.2
    )
    assert transposed.item() == expected.item()


def test_agrees_with_the_reported_ssim_away_from_the_border():
    image, target = random_images(60, 60)
    flat = torch.full((80, 80, 3), 0.5)
    framed_image, framed_target = flat.clone(), flat.clone()
    framed_image[10:70, 10:70], framed_target[10:70, 10:70] = image, target
    # Zeros around: both images are equal there, so SSIM is 1 on the frame of 5 px that metrics leave out.
    whole = 1 - photometric_loss(framed_image, framed_target, 1.0).item()
    inner = ssim(framed_image.numpy(), framed_target.numpy())
    assert whole == pytest.approx((inner * 70**2 + 80**2 - 70**2) / 80**2, abs=1e-6)


def test_images_of_different_size_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 4, 3\)"):
        photometric_loss(torch.zeros(4, 4, 3), torch.zeros(4, 5, 3), 0.2)


def test_equal_inputs_give_equal_bits():
    image, target = random_images(150, 200)
    gradients = []
    for _ in range(2):
        leaf = image.clone().requires_grad_()
        photometric_loss(leaf, target, 0.2).backward()
        gradients.append(leaf.grad.numpy())
    np.testing.assert_array_equal(*gradients)


def test_who_compiles_the_kernels_gets_the_bits_of_who_loads_them(tmp_path):
    program = (
        "import hashlib, numpy as np\n"
        "from components.train.losses.photometric_kernels import photometric_value_and_gradient as loss\n"
        "images = np.random.default_rng(0).random((2, 72, 96, 3), np.float32)\n"
        "value, gradient = loss(*images, 0.2)\n"
        "print(value, hashlib.sha256(gradient.tobytes()).hexdigest())"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    compiled, loaded = (
        subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert compiled == loaded
