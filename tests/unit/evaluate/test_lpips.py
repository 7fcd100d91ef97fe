import numpy as np
import pytest
import torch
from torch import nn

from components.evaluate.lpips import load_lpips
from components.shared.errors import InputError

SHAPES = {
    "net.slice1.0": (64, 3, 11),
    "net.slice2.3": (192, 64, 5),
    "net.slice3.6": (384, 192, 3),
    "net.slice4.8": (256, 384, 3),
    "net.slice5.10": (256, 256, 3),
}


def random_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = {}
    for index, (name, (out, inner, size)) in enumerate(SHAPES.items()):
        state[f"{name}.weight"] = torch.randn(out, inner, size, size) / size / inner**0.5
        state[f"{name}.bias"] = 0.1 * torch.randn(out)
        state[f"lin{index}.model.1.weight"] = torch.rand(1, out, 1, 1)
    return state


def alexnet_distance(state: dict[str, torch.Tensor], a: np.ndarray, b: np.ndarray) -> float:
    """The published definition, written with torch's modules."""
    first = nn.Conv2d(3, 64, 11, stride=4, padding=2)
    second, third = nn.Conv2d(64, 192, 5, padding=2), nn.Conv2d(192, 384, 3, padding=1)
    fourth, fifth = nn.Conv2d(384, 256, 3, padding=1), nn.Conv2d(256, 256, 3, padding=1)
    for layer, name in zip((first, second, third, fourth, fifth), SHAPES, strict=True):
        layer.load_state_dict({"weight": state[f"{name}.weight"], "bias": state[f"{name}.bias"]})
    pool = nn.MaxPool2d(kernel_size=3, stride=2)
    slices = [first, nn.Sequential(pool, second), nn.Sequential(pool, third), fourth, fifth]
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    x, y = (((torch.from_numpy(i).float() / 127.5 - 1 - shift) / scale).permute(2, 0, 1) for i in (a, b))
    total = 0.0
    for index, each in enumerate(slices):
        x, y = torch.relu(each(x[None])[0]), torch.relu(each(y[None])[0])
        difference = nn.functional.normalize(x, dim=0) - nn.functional.normalize(y, dim=0)
        total += float((difference**2 * state[f"lin{index}.model.1.weight"][0]).sum(dim=0).mean())
    return total


@torch.no_grad()
def test_it_is_the_published_distance(tmp_path):
    state = random_state()
    torch.save(state, tmp_path / "alex.pth")
    lpips = load_lpips(tmp_path / "alex.pth")
    a = np.random.default_rng(0).integers(0, 256, (70, 93, 3)).astype(np.uint8)
    assert lpips(a, a) == 0.0
    assert lpips(a, 255 - a) == pytest.approx(alexnet_distance(state, a, 255 - a), rel=1e-4)


def test_a_file_of_something_else_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("no weights")
    for name in ("other.pth", "text.pth", "missing.pth"):
        with pytest.raises(InputError, match=name):
            load_lpips(tmp_path / name)
