"""Pictures of the view that the clean-up changed most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from components.evaluate.look_at import quarter_turns
from components.evaluate.report.images import image_uri
from components.shared.contracts.training import TrainingInfo
from components.shared.errors import InputError
from components.shared.reading import reading
from components.shared.run_layout import CLEAN_UP_AFTER, CLEAN_UP_BEFORE
from components.shared.scene import Scene

_REMEDY = "Train again, or fetch the output of stage train again."


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanedView:
    """The view of the photo `name`; data URIs, upright."""

    name: str
    before: str
    after: str


def cleaned_view(splat: Path, training: TrainingInfo, scene: Scene) -> CleanedView | None:
    """Of the folder of stage train; None where nothing was removed, or by an earlier version.

    Raises:
        InputError: a picture is missing or damaged, or is of another scene.
    """
    name = training.clean_up.pictured if training.clean_up else None
    if name is None:
        return None
    camera = next((view.camera for view in scene.views if view.name == name), None)
    if camera is None:
        raise InputError(f"the clean-up shows {name}, which the scene lacks", remedy=_REMEDY)
    turns = quarter_turns(camera)
    before, after = (
        image_uri(_read(splat / picture), turns) for picture in (CLEAN_UP_BEFORE, CLEAN_UP_AFTER)
    )
    return CleanedView(name=name, before=before, after=after)


def _read(path: Path) -> np.ndarray:
    with reading(path, remedy=_REMEDY), Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
