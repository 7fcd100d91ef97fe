import subprocess
import sys
import threading

import pytest
import torch

from components.compress import cuda
from components.compress.cuda import cuda_rasterizer, load_in_background, torch_device


@pytest.fixture
def driver(monkeypatch):
    """A library that can be loaded in place of the driver's."""
    monkeypatch.setattr(cuda, "_DRIVER", None)  # the process itself


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize(("available", "device"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_cuda_where_torch_sees_a_gpu(monkeypatch, available, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert torch_device("auto") == device
    assert torch_device("cpu") == "cpu"


def test_without_a_driver_torch_is_not_asked(monkeypatch):
    monkeypatch.setattr(cuda, "_DRIVER", "libcuda_that_is_not_there.so.1")
    monkeypatch.setitem(sys.modules, "torch", None)  # its import fails
    assert torch_device("auto") == "cpu"
    assert cuda_rasterizer("auto", antialiased=False) is None


def test_the_cpu_has_no_rasterizer_of_torch():
    assert cuda_rasterizer("cpu", antialiased=False) is None


@pytest.mark.parametrize("capability", [(7, 5), (9, 0)])
def test_without_gsplat_and_on_old_gpus_the_views_are_left_to_the_cpu(monkeypatch, capability):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setitem(sys.modules, "gsplat.cuda._backend", None)  # its import fails
    monkeypatch.setitem(sys.modules, "gsplat", None)
    assert cuda_rasterizer("cuda", antialiased=True) is None


@pytest.mark.usefixtures("driver")
def test_what_fails_in_the_background_fails_where_it_is_needed(monkeypatch):
    def fail():
        raise RuntimeError("no driver")

    monkeypatch.setattr(torch.cuda, "is_available", fail)
    load_in_background("auto")
    loading = [each for each in threading.enumerate() if each.name == "load CUDA"]
    for each in loading:
        each.join()
    with pytest.raises(RuntimeError, match="no driver"):
        cuda_rasterizer("auto", antialiased=False)


@pytest.mark.slow
@pytest.mark.parametrize("views", [0, 2])
def test_a_scene_with_a_palette_is_compressed_without_torch_on_the_cpu(tmp_path, views):
    code = f"""
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from components.compress.settings import CompressSettings
from components.compress.visible.views_around import views_around
from components.compress.write_sog import write_sog
from tests.unit.shared.sog.sog_scenes import random_splats

splats = random_splats(400, 3)
splats = replace(splats, shN=splats.shN[np.arange(400) % 50])
result = write_sog(
    splats, Path({str(tmp_path / "scene.sog")!r}), CompressSettings(device="cpu"),
    cameras=views_around(splats)[:{views}],
)
assert result.palette_entries == 50, result.palette_entries
assert "torch" not in sys.modules, "it takes seconds to import"
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
