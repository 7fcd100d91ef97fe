"""The settings of all stages of a run: merged from what was given, and checked before any stage begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from components.compress.settings import CompressSettings
from components.evaluate.settings import EvaluateSettings
from components.ingest.settings import IngestSettings
from components.publish.settings import PublishSettings
from components.sfm.settings import SfmSettings
from components.shared.settings import Settings, parse_text, unknown_setting
from components.train.settings import TrainSettings
from pipelines.inspect_capture.settings import InspectSettings

STAGE_SETTINGS: Mapping[str, type[Settings]] = {
    "inspect": InspectSettings,
    "ingest": IngestSettings,
    "sfm": SfmSettings,
    "train": TrainSettings,
    "compress": CompressSettings,
    "evaluate": EvaluateSettings,
    "publish": PublishSettings,
}
"""By stage. The pipeline's parameter `<stage>_settings` sets any of them."""

Given = Mapping[str, Mapping[str, Any]]
"""Values by stage and name, as they were given: not checked, in any type that can be read."""


def merge(kinds: Mapping[str, type[Settings]], layers: Iterable[Given]) -> dict[str, Settings]:
    """Checked settings by stage; a later layer wins over an earlier one.

    Raises:
        InputError: the message names the setting, its value and what is allowed.
    """
    values: dict[str, dict[str, Any]] = {stage: {} for stage in kinds}
    for layer in layers:
        for stage, given in layer.items():
            values[stage] |= _present(kinds, stage, given)
    return {stage: kind.model_validate(values[stage]) for stage, kind in kinds.items()}


def texts_of(parameters: Mapping[str, Any], kinds: Mapping[str, type[Settings]]) -> Given:
    """What the pipeline's parameters `<stage>_settings` say."""
    return {stage: parse_text(stage, parameters.get(f"{stage}_settings", "")) for stage in kinds}


def _present(kinds: Mapping[str, type[Settings]], stage: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values by their present names, so that layers meet under the same name."""
    kind = kinds[stage]
    present = kind.with_present_names(given)
    known = kind.settings()
    for name in present:
        if name not in known:
            raise unknown_setting(
                stage, name, known, [each for other in kinds.values() for each in _full(other)]
            )
    return present


def _full(kind: type[Settings]) -> list[str]:
    return [each.full_name for each in kind.settings().values()]
