"""Seeds of the fuzz targets are read; inputs that failed once, or are damaged, have the documented error."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from tests.fuzz.target import READ, REFUSED, TARGETS, Target, findings

_DAMAGED_PER_SEED = 20


def target_of(name: str) -> Target:
    return importlib.import_module(f"tests.fuzz.{name}").TARGET


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """A copy with some bytes changed, or cut off."""
    changed = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 9)):
        changed[at] = rng.choice([0, 1, 127, 128, 255, *rng.integers(0, 256, 5)])
    return bytes(changed[: rng.integers(1, len(data))] if rng.random() < 0.2 else changed)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read_and_damage_has_the_documented_error(tmp_path, name):
    target, rng = target_of(name), np.random.default_rng(1)
    for seed, data in target.seeds().items():
        assert len(data) <= target.max_bytes, seed
        inputs = [data, *(damaged(data, rng) for _ in range(_DAMAGED_PER_SEED))]
        for index, each in enumerate(inputs):
            folder = tmp_path / f"{seed} {index}".replace("/", "")
            folder.mkdir()
            outcome = target.try_input(each, folder)
            assert outcome == READ or (index and outcome == REFUSED), seed


@pytest.mark.parametrize(
    ("name", "path"),
    [pytest.param(name, path, id=f"{name}-{path.name}") for name in TARGETS for path in findings(name)],
)
def test_inputs_that_failed_once(tmp_path, name, path):
    assert target_of(name).try_input(path.read_bytes(), tmp_path) in (READ, REFUSED)
