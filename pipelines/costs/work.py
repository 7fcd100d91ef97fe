"""What each stage has to do, in the units that `constants.yaml` has a time for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from components.evaluate.settings import EvaluateSettings
from components.publish.settings import PublishSettings
from components.sfm.configurations import configurations
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import Matching
from components.shared.settings import Settings
from components.train.settings import Plan, TrainSettings
from pipelines.costs.capture_size import CaptureSize

_Own = TypeVar("_Own", bound=Settings)

Work = dict[str, float]
"""Amounts by the name of their unit; `fixed` is 1 in each stage."""

_PAIRS_OF_A_PHOTO = 11.1
"""Of retrieval: 2,794 pairs of the 252 photos of bonsai."""
_FEATURES_PER_MEGAPIXEL = 4_000
"""Of a photo at the size that features are detected in; fewer on plain surfaces."""
_MEAN_COUNT = 0.8
"""Mean number of Gaussians over a training, as a fraction of the budget: they grow until half of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What decides the work of a run, and the prices that its settings give."""

    size: CaptureSize
    sfm: SfmSettings
    train: TrainSettings
    evaluate: EvaluateSettings
    prices: PublishSettings

    @classmethod
    def of(cls, size: CaptureSize, settings: Mapping[str, Settings]) -> Run:
        """With the settings of all stages, by stage."""
        return cls(
            size=size,
            sfm=_own(SfmSettings, settings),
            train=_own(TrainSettings, settings),
            evaluate=_own(EvaluateSettings, settings),
            prices=_own(PublishSettings, settings),
        )

    def plan(self, *, on_gpu: bool) -> Plan:
        """Of training on a GPU or on CPUs."""
        return self.train.plan("cuda" if on_gpu else "cpu")

    def trained_megapixels(self, plan: Plan) -> float:
        """Of one photo as training sees it."""
        return self.size.shrunk_megapixels(min(self.sfm.max_image_px, plan.image_max_side_px))


def _own(kind: type[_Own], settings: Mapping[str, Settings]) -> _Own:
    found = settings[kind.stage]
    assert isinstance(found, kind), "settings are by stage"
    return found


def works(run: Run, *, trains_on_gpu: bool) -> dict[str, Work]:
    """The work of each stage, by its name."""
    plan, size = run.plan(on_gpu=trains_on_gpu), run.size
    millions = plan.max_gaussians / 1e6
    floats = millions * (14 + 3 * ((plan.sh_degree + 1) ** 2 - 1))
    trained = run.trained_megapixels(plan)
    held_out = -(-size.photos // run.train.test_every)
    return {
        "ingest": {"fixed": 1.0, "megapixels": size.photos * size.megapixels},
        "sfm": _sfm(run),
        "train": {"fixed": 1.0, "photos": size.photos, **_steps(plan, trained, millions)},
        "compress": {"fixed": 1.0, "million_floats": floats},
        "evaluate": {
            "fixed": 1.0,
            "megapixels": held_out * trained,
            "million_gaussians_rendered": millions * (run.evaluate.flythrough_frames + held_out),
        },
        "publish": {"fixed": 1.0, "million_floats": floats},
    }


def _steps(plan: Plan, megapixels: float, millions: float) -> Work:
    """Steps at half the size have a quarter of the pixels."""
    full_size = 1.0 - 0.75 * plan.hyperparameters.half_resolution_until
    return {
        "steps": plan.steps,
        "step_megapixels": plan.steps * megapixels * full_size,
        "step_million_gaussians": plan.steps * millions * _MEAN_COUNT,
    }


def _sfm(run: Run) -> Work:
    """The first configuration: most captures need no other."""
    photos, first = run.size.photos, configurations(run.size.photos, run.sfm)[0]
    options = first.features
    detected = run.size.shrunk_megapixels(options.detection_px, options.enlargement)
    features = min(options.max_features, _FEATURES_PER_MEGAPIXEL * detected)
    exhaustive = photos * (photos - 1) / 2
    pairs = (
        exhaustive if first.matching == Matching.EXHAUSTIVE else min(exhaustive, _PAIRS_OF_A_PHOTO * photos)
    )
    return {
        "fixed": 1.0,
        "detected_megapixels": photos * detected,
        "billion_comparisons": pairs * features**2 / 1e9,
        "registered_features": photos * features / 1e3,
        "undistorted_megapixels": photos * run.size.shrunk_megapixels(run.sfm.max_image_px),
    }
