"""What the report says of training."""

from __future__ import annotations

from typing import Any

_NAMES = ("backend", "device", "steps", "gaussians", "psnr_db", "ssim", "seconds", "resumed_from_step")


def report_figures(training: dict[str, Any]) -> dict[str, Any]:
    """The `train` part of `report.json`, from `training.json`."""
    return {**{name: training[name] for name in _NAMES}, "lpips": None}
