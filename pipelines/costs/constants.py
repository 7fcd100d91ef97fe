"""Times of units of work, from `constants.yaml`; `benchmarks/forecast.py` derives them from measured runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

CONSTANTS_FILE = Path(__file__).with_name("constants.yaml")


@dataclass(frozen=True, slots=True)
class Constants:
    """Times on the machines that were measured; `gpu_speed` leads to others."""

    cpu_seconds: Mapping[str, Mapping[str, float]]
    """Of one unit of work, by stage and unit; a stage with a GPU may have its own: `<stage>_on_gpu`."""
    parallel: Mapping[str, Mapping[str, float]]
    """Fraction of that which all CPUs share, in [0, 1]."""
    gpu_seconds: Mapping[str, float]
    """Of one unit of training on the GPU with speed 1."""
    gpu_speed: Mapping[str, float]
    """By model of GPU."""
    relative_error: float
    """Largest relative error of the seconds of a whole run, over the measured runs."""


@cache
def measured_constants() -> Constants:
    """The content of `constants.yaml`."""
    return Constants(**yaml.safe_load(CONSTANTS_FILE.read_text(encoding="utf-8")))
