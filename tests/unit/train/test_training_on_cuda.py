"""What surrounds gsplat's kernels; the kernels themselves are compared in `test_gsplat.py`."""

import pytest
import torch

from components.shared.rasterize.gsplat_backend import GsplatRasterizer, _first_camera
from components.train.settings import TrainSettings
from components.train.train import train

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def test_the_first_cameras_positions_get_their_gradient():
    means2d = (torch.arange(6.0, requires_grad=True) * 2).reshape(1, 3, 2)
    positions = _first_camera(means2d)
    (means2d**2).sum().backward()
    assert torch.equal(positions.grad, 2 * means2d[0].detach())


def test_without_gradients_there_is_nothing_to_hook():
    with torch.no_grad():
        assert _first_camera(torch.ones(1, 3, 2)).grad is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_cuda_device_it_says_so():
    with pytest.raises(ValueError, match="needs a CUDA device"):
        GsplatRasterizer()


@pytest.mark.gpu
@needs_cuda
def test_training_on_cuda_is_at_least_as_good_as_on_the_cpu(scene_folder, tmp_path):
    settings = TrainSettings(backend="gsplat", steps=400, max_gaussians=2_500, sh_degree=1)
    on_cuda, on_cpu = (
        train(scene_folder, tmp_path, each, str(tmp_path / each.backend))
        for each in (settings, settings.model_copy(update={"backend": "numba"}))
    )
    assert on_cuda.backend == "gsplat"
    assert on_cuda.gpu_seconds
    usage = on_cuda.gpu_usage
    assert usage is not None
    assert usage.utilization is not None
    assert usage.power_watts is not None
    assert 0.0 < usage.utilization <= 1.0
    assert 10.0 < usage.power_watts < 1_500.0
    assert on_cuda.psnr_db > on_cpu.psnr_db - 0.5


@pytest.mark.gpu
@needs_cuda
def test_training_on_cuda_resumes_from_its_checkpoint(scene_folder, tmp_path):
    from components.shared.errors import TrainingInterruptedError
    from components.train.recovery.interrupt import Interruption

    settings = TrainSettings(backend="gsplat", steps=400, max_gaussians=2_500, sh_degree=1)
    arguments = (scene_folder, tmp_path, settings, str(tmp_path / "saved"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Interruption, "requested", True)
        with pytest.raises(TrainingInterruptedError):
            train(*arguments)
    assert train(*arguments).resumed_from_step == 1
