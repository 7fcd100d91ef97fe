"""A GPU that cannot be used is told, not passed over."""

import pytest
import torch

from components.shared.errors import GpuError
from components.shared.rasterize.cuda_device import check_capability, has_cuda


def test_a_t4_is_refused_by_name():
    with pytest.raises(
        GpuError, match=r"Tesla T4 has compute capability 7\.5; training needs 8\.0"
    ) as failure:
        check_capability("Tesla T4", (7, 5))
    assert "A10G" in failure.value.remedy


@pytest.mark.parametrize("capability", [(8, 0), (8, 6), (8, 9), (9, 0), (10, 0)])
def test_an_a10g_and_later_ones_are_accepted(capability):
    assert check_capability("a GPU", capability) is None


def test_the_limit_is_between_7_5_and_8_0():
    with pytest.raises(GpuError):
        check_capability("a GPU", (7, 9))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_gpu_that_was_given_and_does_not_work_is_an_error(monkeypatch):
    monkeypatch.setenv("NVIDIA_VISIBLE_DEVICES", "GPU-1234")
    with pytest.raises(GpuError, match=r"given a GPU \(NVIDIA_VISIBLE_DEVICES=GPU-1234\)"):
        has_cuda()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("granted", [None, "", "void", "none"])
def test_where_none_was_given_there_is_none(monkeypatch, granted):
    monkeypatch.delenv("NVIDIA_VISIBLE_DEVICES", raising=False)
    if granted is not None:
        monkeypatch.setenv("NVIDIA_VISIBLE_DEVICES", granted)
    assert not has_cuda()
