"""Features run on a GPU that pycolmap can use, and on the CPU without one, unless a GPU was requested."""

import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.sfm.features.device import check_results, feature_device
from components.shared import gpus
from components.shared.errors import GpuError, GpuMissingError


@pytest.fixture
def gpu_build(tmp_path, monkeypatch):
    """A pycolmap built for CUDA: returns a function that sets the number of GPUs it sees."""
    monkeypatch.setattr(gpus, "_DEVICES", tmp_path)
    monkeypatch.setattr(pycolmap, "has_cuda", True)
    monkeypatch.delenv("KUBESPLAT_GPUS", raising=False)

    def see(devices):
        monkeypatch.setattr(pycolmap, "get_num_cuda_devices", lambda: devices, raising=False)

    return see


@pytest.fixture
def cpu_build(monkeypatch):
    monkeypatch.setattr(pycolmap, "has_cuda", False)
    monkeypatch.delenv("KUBESPLAT_GPUS", raising=False)


@pytest.mark.parametrize(("devices", "device"), [(0, "cpu"), (1, "cuda"), (2, "cuda")])
def test_a_build_for_cuda_uses_a_gpu_where_there_is_one(gpu_build, devices, device):
    gpu_build(devices)
    assert feature_device() == pycolmap.Device(device)


@pytest.mark.usefixtures("cpu_build")
def test_a_build_for_cpus_is_not_asked_for_gpus():
    """It has no function for that."""
    assert feature_device() == pycolmap.Device.cpu


@pytest.mark.usefixtures("cpu_build")
def test_a_requested_gpu_needs_the_image_with_the_other_build(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_GPUS", "1")
    with pytest.raises(GpuError, match=r"pycolmap sees none: pycolmap \d.* is a build for CPUs") as error:
        feature_device()
    assert "KUBESPLAT_SFM_GPU_IMAGE" in error.value.remedy


def test_a_requested_gpu_that_is_not_there_may_be_on_another_node(gpu_build, monkeypatch):
    gpu_build(0)
    monkeypatch.setenv("KUBESPLAT_GPUS", "1")
    with pytest.raises(GpuMissingError, match="requests 1 GPU, and pycolmap sees none; the container has 0"):
        feature_device()


def test_a_gpu_that_pycolmap_does_not_see_needs_another_driver(gpu_build, tmp_path, monkeypatch):
    gpu_build(0)
    (tmp_path / "nvidia0").touch()
    monkeypatch.setenv("KUBESPLAT_GPUS", "1")
    with pytest.raises(GpuError, match="though the container has 1 GPU") as error:
        feature_device()
    assert "525 or later for CUDA 12" in error.value.remedy


def test_a_gpu_without_any_result_could_not_be_set_up():
    with pytest.raises(GpuError, match="found no matches on the GPU in any photo") as error:
        check_results(pycolmap.Device.cuda, 0, "matches")
    assert "nvidia-smi" in error.value.remedy
    check_results(pycolmap.Device.cuda, 1, "matches")
    check_results(pycolmap.Device.cpu, 0, "matches")


def test_features_of_a_photo_on_that_device(tmp_path):
    """The device is one that this pycolmap can really use."""
    (tmp_path / "photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (60, 80), dtype=np.uint8)
    Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC).save(tmp_path / "photos/noise.png")
    options = pycolmap.FeatureExtractionOptions(max_image_size=320, num_threads=1)
    database = tmp_path / "colmap.db"
    pycolmap.extract_features(
        database, tmp_path / "photos", extraction_options=options, device=feature_device()
    )
    with pycolmap.Database.open(database) as opened:
        assert opened.num_keypoints() > 100
