"""All settings of a run, checked together before any stage begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from components.compress.settings import CompressSettings
from components.evaluate.settings import EvaluateSettings
from components.ingest.settings import IngestSettings
from components.publish.settings import PublishSettings
from components.sfm.settings import SfmSettings
from components.shared.settings_text import build_settings
from components.train.settings import TrainSettings

STAGE_SETTINGS: Mapping[str, type] = {
    "ingest": IngestSettings,
    "sfm": SfmSettings,
    "train": TrainSettings,
    "compress": CompressSettings,
    "evaluate": EvaluateSettings,
    "publish": PublishSettings,
}
"""By stage; the pipeline's parameter `<stage>_settings` can set every plain field of its dataclass."""


def check_settings(parameters: Mapping[str, Any]) -> None:
    """Refuse what a stage would refuse, perhaps hours later; other parameters of a pipeline are passed over.

    Raises:
        InputError: the message names the setting, its value and what is allowed.
    """
    for stage, kind in STAGE_SETTINGS.items():
        check_stage(stage, kind, parameters)


def check_stage(stage: str, kind: type, parameters: Mapping[str, Any]) -> None:
    """The same for the settings `kind` of one stage."""
    names = {each.name for each in fields(kind)} & parameters.keys()
    text = parameters.get(f"{stage}_settings", "")
    build_settings(kind, stage, text, **{name: parameters[name] for name in names})
