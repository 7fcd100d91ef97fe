import sys

import pytest
import torch

from components.compress.cuda import cuda_rasterizer, torch_device


@pytest.mark.parametrize(("available", "device"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_cuda_where_torch_sees_a_gpu(monkeypatch, available, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert torch_device("auto") == device
    assert torch_device("cpu") == "cpu"


def test_the_cpu_has_no_rasterizer_of_torch():
    assert cuda_rasterizer("cpu", antialiased=False) is None


@pytest.mark.parametrize("capability", [(7, 5), (9, 0)])
def test_without_gsplat_and_on_old_gpus_the_views_are_left_to_the_cpu(monkeypatch, capability):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setitem(sys.modules, "gsplat.cuda._backend", None)  # its import fails
    monkeypatch.setitem(sys.modules, "gsplat", None)
    assert cuda_rasterizer("cuda", antialiased=True) is None
