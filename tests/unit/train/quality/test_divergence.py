"""Each way in which training goes wrong is an error with its figures, while it runs."""

import pytest
import torch

from components.shared.errors import TrainingDivergedError
from components.shared.scene import Camera
from components.train.model.gaussians import NAMES, Gaussians
from components.train.quality.divergence import DivergenceDetector, measure_flat_psnr_db
from components.train.scene.views import TrainingView


def photo(values: torch.Tensor) -> TrainingView:
    return TrainingView(
        "photo.png", Camera(torch.eye(4).numpy(), torch.eye(3).numpy(), 8, 8), values.to(torch.uint8)
    )


@pytest.fixture
def detector() -> DivergenceDetector:
    """Half of the photo is black and half white: one colour reaches 6.02 dB."""
    pixels = torch.zeros(8, 8, 3)
    pixels[:4] = 255
    return DivergenceDetector([photo(pixels)], steps=10_000, start_count=4_000)


def gaussians_of(count: int, opacity: float = 0.0) -> Gaussians:
    shapes = {"means": 3, "quats": 4, "scales": 3, "sh0": 3}
    tensors = {name: torch.zeros(count, width) for name, width in shapes.items()}
    return Gaussians(tensors | {"opacities": torch.full((count,), opacity), "shN": torch.zeros(count, 0, 3)})


def test_the_psnr_of_flat_images_in_the_mean_color(detector):
    assert detector.flat_psnr_db == pytest.approx(6.02, abs=0.01)
    flat = photo(torch.full((8, 8, 3), 80))
    assert measure_flat_psnr_db([flat]) > 60


def test_healthy_training_passes_and_is_left_alone(detector):
    gaussians = gaussians_of(4_000)
    before = {name: gaussians[name].detach().clone() for name in NAMES}
    assert detector.check(8_000, 0.03, detector.flat_psnr_db + 1.01, gaussians) is None
    assert all(torch.equal(gaussians[name], before[name]) for name in NAMES)
    with pytest.raises(TrainingDivergedError, match="nothing was learned"):
        detector.check(8_000, 0.03, detector.flat_psnr_db + 0.99, gaussians)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number(detector, loss):
    with pytest.raises(TrainingDivergedError, match="step 50: the loss is"):
        detector.check(50, loss, 20.0, gaussians_of(4_000))


def test_a_parameter_that_is_no_number(detector):
    gaussians = gaussians_of(4_000)
    with torch.no_grad():
        gaussians["scales"][7, 1] = torch.inf
    with pytest.raises(TrainingDivergedError, match="1 values of scales"):
        detector.check(50, 0.1, 20.0, gaussians)


def test_a_count_that_crashed(detector):
    with pytest.raises(TrainingDivergedError, match="31 of 31 Gaussians are visible; at least 200"):
        detector.check(8_000, 0.1, 20.0, gaussians_of(31))


def test_opacities_that_died(detector):
    with pytest.raises(TrainingDivergedError, match="0 of 4000"):
        detector.check(50, 0.1, 20.0, gaussians_of(4_000, opacity=-9.0))


def test_training_that_learns_nothing(detector):
    detector.check(50, 0.3, 6.1, gaussians_of(4_000))  # too early to tell
    with pytest.raises(TrainingDivergedError, match=r"nothing was learned.*6\.1 dB.*6\.0 dB"):
        detector.check(2_000, 0.3, 6.1, gaussians_of(4_000))
