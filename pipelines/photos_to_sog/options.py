"""The few settings with a name of their own: options of the commands, and parameters in the Kubeflow UI.

Each is declared once, here; help, range and default are those of the setting that it sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from components.shared.setting import Setting
from components.shared.settings import Settings, canonical_text, parse_text
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS, merge, texts_of


@dataclass(frozen=True, slots=True)
class Option:
    """A name for one setting, or for the same setting of several stages."""

    name: str
    settings: tuple[Setting, ...]

    @property
    def kind(self) -> type:
        return self.settings[0].kind

    @property
    def default(self) -> Any:
        """Kubeflow's parameters have no None: 0 stands for automatic."""
        default = self.settings[0].default
        return 0 if default is None else default

    @property
    def is_text(self) -> bool:
        """Whether any text is allowed, also one with commas."""
        return self.kind is str and not self.settings[0].choices

    @property
    def help(self) -> str:
        return self.settings[0].help


def declare(kinds: Mapping[str, type[Settings]], **targets: str) -> tuple[Option, ...]:
    """Options by name, each with the `stage.name` of what it sets, several of them with spaces between."""
    return tuple(
        Option(name, tuple(_setting(kinds, full_name) for full_name in target.split()))
        for name, target in targets.items()
    )


def _setting(kinds: Mapping[str, type[Settings]], full_name: str) -> Setting:
    stage, _, name = full_name.partition(".")
    return kinds[stage].settings()[name]


OPTIONS = declare(
    STAGE_SETTINGS,
    inspect="inspect.enabled",
    preset="train.preset",
    max_gaussians="train.max_gaussians",
    steps="train.steps",
    image_max_side_px="train.image_max_side_px",
    min_points="sfm.min_points",
    min_registered_fraction="sfm.min_registered_fraction",
    max_psnr_drop_db="evaluate.max_psnr_drop_db",
    formats="compress.formats",
    seed="sfm.seed train.seed compress.seed",
    budget_usd="train.budget_usd",
    cpu_usd_per_hour="publish.cpu_usd_per_hour",
    gpu_usd_per_hour="publish.gpu_usd_per_hour",
)
PRICES = tuple(option for option in OPTIONS if option.settings[0].stage == "publish")


def by_stage(options: Iterable[Option], values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values of options as settings by stage; those that are missing are left out."""
    given: dict[str, dict[str, Any]] = {}
    for option in options:
        for setting in option.settings if option.name in values else ():
            given.setdefault(setting.stage, {})[setting.name] = values[option.name]
    return given


def as_parameters(options: Iterable[Option], merged: Mapping[str, Settings]) -> dict[str, Any]:
    """A pipeline's parameters that give these settings: options where one says it all, text for the rest.

    What has its default is left out.
    """
    changed = {stage: settings.changed() for stage, settings in merged.items()}
    parameters: dict[str, Any] = {}
    for option in options:
        values = [changed[setting.stage].get(setting.name, setting.default) for setting in option.settings]
        if values[0] != option.settings[0].default and all(value == values[0] for value in values):
            parameters[option.name] = values[0]
            for setting in option.settings:
                del changed[setting.stage][setting.name]
    texts = {f"{stage}_settings": canonical_text(values) for stage, values in changed.items() if values}
    return parameters | texts


def merge_parameters(
    options: Iterable[Option], kinds: Mapping[str, type[Settings]], text: str, parameters: Mapping[str, Any]
) -> dict[str, Settings]:
    """What a pipeline's first task makes of its parameters.

    `text` has the options. Those of free text, and `<stage>_settings`, which win, are parameters by name.

    Raises:
        InputError: a setting is not allowed.
    """
    options = tuple(options)
    named = (each.name for each in options if each.is_text and parameters.get(each.name))
    texts = {name: parameters[name] for name in named}
    given = by_stage(options, parse_text("the pipeline", text) | texts)
    return merge(kinds, [given, texts_of(parameters, kinds)])
