"""A GPU that was asked for and is not there fails at once."""

import pytest
import torch

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared import gpus
from components.shared.errors import GpuError, GpuMissingError
from components.shared.gpus import check_gpus
from components.train.settings import TrainSettings
from components.train.train import choose_gpus


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """A container's /dev without any GPU, of a torch that was built for them."""
    monkeypatch.setattr(gpus, "_DEVICES", tmp_path)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("KUBESPLAT_GPUS", "1")
    monkeypatch.setenv("KUBESPLAT_NODE", "gpu-7")
    return tmp_path


def test_a_missing_gpu_names_the_node_and_may_be_tried_elsewhere(devices):
    (devices / "nvidiactl").touch()
    with pytest.raises(GpuMissingError, match=r"requests 1 GPU, and torch sees none.*on node gpu-7") as error:
        check_gpus()
    assert error.value.retryable
    assert "gpus: 0" in error.value.remedy


def test_fewer_than_requested_are_not_enough(devices, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_GPUS", "4")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    (devices / "nvidia0").touch()
    (devices / "nvidia1").touch()
    with pytest.raises(GpuMissingError, match="requests 4 GPUs, and torch sees 2; the container has 2 GPUs"):
        check_gpus()
    monkeypatch.setenv("KUBESPLAT_GPUS", "2")
    check_gpus()


def test_a_gpu_that_the_driver_does_not_open_is_another_failure(devices):
    (devices / "nvidia0").touch()
    with pytest.raises(GpuError, match="though the container has 1 GPU") as error:
        check_gpus()
    assert "driver" in error.value.remedy
    assert not error.value.retryable


def test_a_torch_without_cuda_is_no_fault_of_the_node(devices, monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(GpuError, match="is a build for CPUs") as error:
        check_gpus()
    assert "KUBESPLAT_GPU_IMAGE" in error.value.remedy


def test_without_a_request_no_gpu_is_needed(devices, monkeypatch):
    monkeypatch.delenv("KUBESPLAT_GPUS")
    check_gpus()
    assert choose_gpus(TrainSettings()) == 1


@pytest.mark.usefixtures("devices")
def test_training_refuses_the_cpu_unless_it_was_chosen():
    with pytest.raises(GpuMissingError):
        choose_gpus(TrainSettings(backend="auto"))
    assert choose_gpus(TrainSettings(backend="numba")) == 1


@pytest.mark.usefixtures("devices")
def test_compression_refuses_the_cpu_before_any_work(tmp_path):
    with pytest.raises(GpuMissingError):
        write_sog(None, tmp_path / "scene.sog", CompressSettings())
