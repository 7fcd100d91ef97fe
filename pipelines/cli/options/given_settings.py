"""Settings given on a command line, merged and checked before anything starts."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.shared.errors import InputError
from components.shared.settings import Settings, parse_text
from pipelines.cli.failure import wrong_usage
from pipelines.cli.options.read_config import read_config
from pipelines.photos_to_sog.options import Option, as_parameters, by_stage
from pipelines.photos_to_sog.stage_settings import Given, merge

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenSettings:
    """Settings of a command. `--set` overrides single options, which override `--config`."""

    options: tuple[Option, ...]
    kinds: Mapping[str, type[Settings]]
    config: Path | None = None
    values: Mapping[str, str]
    """The single options that were given, by name."""
    training: str = ""
    """Text of the deprecated option --training."""
    assignments: tuple[str, ...] = ()
    """Each --set, as it was given."""
    on_cluster: bool = False

    def parameters(self) -> dict[str, Any]:
        """The pipeline's parameters with these settings, without those that have their default.

        Raises:
            typer.BadParameter: a setting is not allowed.
        """
        return as_parameters(self.options, self.by_stage())

    def by_stage(self) -> dict[str, Settings]:
        """The settings of all stages.

        Raises:
            typer.BadParameter: a setting is not allowed.
        """
        layers = list(self._layers())
        for hint, layer in layers:
            self._merge(hint, [layer])
        return self._merge("--set", [layer for _, layer in layers])

    def other_parameters(self) -> tuple[str, ...]:
        """Each `--set NAME=VALUE` that is not a setting of a stage but another parameter of the pipeline."""
        return tuple(each for each in self.assignments if self.on_cluster and self._read(each) is None)

    def _layers(self) -> Iterator[tuple[str, Given]]:
        """Settings with the option that gave them; later ones override earlier ones."""
        if self.config is not None:
            yield "--config", read_config(self.config, self.kinds)
        for name in self.values:
            yield f"--{name.replace('_', '-')}", by_stage(self.options, {name: self.values[name]})
        if self.training:
            _log.warning("--training is deprecated; write --set train.NAME=VALUE")
            yield "--training", {"train": self._parse("--training", "train", self.training)}
        for assignment in self.assignments:
            layer = self._read(assignment)
            if layer is not None:
                yield "--set", layer

    def _merge(self, hint: str, layers: list[Given]) -> dict[str, Settings]:
        try:
            return merge(self.kinds, layers)
        except InputError as error:
            raise wrong_usage(f"{error.message}. {error.remedy}", hint) from error

    def _read(self, assignment: str) -> Given | None:
        """One `--set` as settings by stage; None for another parameter of a pipeline on a cluster."""
        name, equals, value = assignment.partition("=")
        if not equals:
            raise wrong_usage(f"{assignment!r} has no value; write STAGE.NAME=VALUE", "--set")
        stage, dot, setting = name.partition(".")
        if dot and stage in self.kinds:
            return {stage: {setting: value}}
        if name.endswith("_settings") and name.removesuffix("_settings") in self.kinds:
            stage = name.removesuffix("_settings")
            _log.warning("--set %s=… is deprecated; write --set %s.NAME=VALUE", name, stage)
            return {stage: self._parse("--set", stage, value)}
        if name in {option.name for option in self.options}:
            return by_stage(self.options, {name: value})
        if self.on_cluster and not dot:
            return None
        raise wrong_usage(f"{name!r} is no setting. {self._near(name)}", "--set")

    def _near(self, name: str) -> str:
        known = [each.full_name for kind in self.kinds.values() for each in kind.settings().values()]
        same = [each for each in known if each.partition(".")[2] == name.rpartition(".")[2]]
        near = same or difflib.get_close_matches(name, known, n=1)
        return f"Did you mean {' or '.join(near)}?" if near else f"The stages are {', '.join(self.kinds)}."

    @staticmethod
    def _parse(hint: str, stage: str, text: str) -> dict[str, Any]:
        try:
            return parse_text(stage, text)
        except InputError as error:
            raise wrong_usage(f"{error.message}. {error.remedy}", hint) from error
