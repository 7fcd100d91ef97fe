"""Our Adam is torch's, step by step, and reads what torch's has saved."""

import subprocess
import sys
from copy import deepcopy

import pytest
import torch

from components.train.model.adam import Adam
from components.train.model.gaussians import NAMES, Gaussians

STEPS = 5


def parameters() -> list[torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(7, 3, generator=generator)) for _ in NAMES]


def differentiate(values: list[torch.nn.Parameter]) -> None:
    sum((each**3).sum() for each in values).backward()


@pytest.fixture
def of_torch() -> tuple[list[torch.nn.Parameter], torch.optim.Adam]:
    values = parameters()
    optimizer = torch.optim.Adam([{"params": [each]} for each in values], lr=0.01, eps=1e-15, fused=True)
    for _ in range(STEPS):
        differentiate(values)
        optimizer.step()
        optimizer.zero_grad()
    return values, optimizer


def test_steps_are_those_of_torch(of_torch):
    values = parameters()
    adams = [Adam(each) for each in values]
    for _ in range(STEPS):
        differentiate(values)
        for adam, each in zip(adams, values, strict=True):
            adam.step(each, 0.01)
            each.grad = None
    for each, expected in zip(values, of_torch[0], strict=True):
        assert torch.equal(each, expected)


def test_a_checkpoint_with_the_optimizer_of_torch_goes_on(of_torch):
    values, optimizer = of_torch
    gaussians = Gaussians.from_state_dict(
        {
            "tensors": dict(zip(NAMES, values, strict=True)),
            "optimizer": deepcopy(optimizer.state_dict()),
            "step_counts": torch.zeros(7, dtype=torch.int32),
        },
        torch.device("cpu"),
    )
    differentiate([gaussians[name] for name in NAMES])
    gaussians.optimize(dict.fromkeys(NAMES, 0.01))
    differentiate(values)
    optimizer.step()
    for name, expected in zip(NAMES, values, strict=True):
        assert torch.equal(gaussians[name], expected)


@pytest.mark.slow
def test_it_does_not_import_the_compiler():
    program = (
        "import sys, torch; from components.train.model.gaussians import NAMES, Gaussians\n"
        "gaussians = Gaussians({name: torch.ones(2, 3) for name in NAMES})\n"
        "sum(each.sum() for each in gaussians.tensors.values()).backward()\n"
        "gaussians.optimize(dict.fromkeys(NAMES, 0.1))\n"
        "print('torch._dynamo' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
