"""Removes what the photos speak against, and puts it back where photos that training never saw get worse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from components.shared.contracts.training import CleanUp, CleanUpReason, CleanUpRule
from components.shared.rasterize.interface import Rendered
from components.shared.scene import Camera
from components.train.clean_up.evidence import Evidence
from components.train.clean_up.pictures import write_pictures
from components.train.clean_up.rules import RULES
from components.train.model.gaussians import Gaussians
from components.train.quality.measure import held_out_psnr_db
from components.train.scene.views import TrainingView, Views

RenderTensors = Callable[[dict[str, Tensor], Camera], Rendered]
"""Renders tensors of `Gaussians` as they are delivered."""
MAX_LOSS_DB = 0.02
"""Held-out PSNR that a rule may cost. Training photos cannot judge: haze is what fits them too well."""


def clean_up(
    gaussians: Gaussians, evidence: Evidence, views: Views, render: RenderTensors, folder: Path
) -> CleanUp:
    """Apply `RULES` in turn to pruned Gaussians without moments, in place; `evidence` is theirs.

    If any are removed, pictures of before and after are written to `folder`.
    """
    held_out = views.held_out
    before_db = now_db = _psnr_db(render, gaussians.tensors, held_out)
    kept = torch.ones(len(gaussians), dtype=torch.bool, device=gaussians["means"].device)
    records: dict[CleanUpReason, CleanUpRule] = {}
    for reason, rule in RULES.items():
        found = rule(evidence) & kept
        if not found.any():
            records[reason] = CleanUpRule()
            continue
        rest = {name: tensor.detach()[kept & ~found] for name, tensor in gaussians.tensors.items()}
        rest_db = _psnr_db(render, rest, held_out)
        records[reason] = CleanUpRule(
            found=int(found.sum()),
            removed=rest_db >= now_db - MAX_LOSS_DB,
            psnr_change_db=rest_db - now_db,
        )
        if records[reason].removed:
            kept, now_db = kept & ~found, rest_db
    pictured = None
    if not kept.all():
        before = dict(gaussians.tensors)
        gaussians.keep(kept)
        old, new = (partial(render, tensors) for tensors in (before, gaussians.tensors))
        pictured = write_pictures(old, new, views, folder)
    return CleanUp(rules=records, psnr_before_db=before_db, psnr_after_db=now_db, pictured=pictured)


def _psnr_db(render: RenderTensors, tensors: dict[str, Tensor], photos: list[TrainingView]) -> float:
    return held_out_psnr_db(partial(render, tensors), photos, at_most=len(photos))
