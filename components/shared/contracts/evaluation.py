"""`evaluation.json`: image quality of the delivered scene, for each held-out photo."""

from __future__ import annotations

from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.contracts.report import DeliveredFigures

EVALUATION_FILE = "evaluation.json"


class ViewFigures(Contract):
    """Quality of one held-out view; null where a figure was not measured."""

    name: str
    """Name of the photo."""
    psnr_db: float | None
    ssim: float | None
    lpips: float | None
    trained_psnr_db: float | None
    """PSNR of the uncompressed scene."""


class EvaluationInfo(Contract):
    """The content of `evaluation.json`."""

    schema_version: SchemaVersion = 1
    delivered: DeliveredFigures
    """Means over the views."""
    views: list[ViewFigures]
