"""Read the file of `--config`: settings by stage, or the report of a run to repeat."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.cli.failure import wrong_usage
from pipelines.photos_to_sog.stage_settings import Given


def read_config(path: Path, stages: Iterable[str]) -> Given:
    """Settings by stage and name from YAML or JSON; they are not checked.

    Raises:
        typer.BadParameter: the file does not exist, is not YAML, or names another stage than `stages`.
    """
    content = _load(path)
    if isinstance(content, dict) and isinstance(content.get("stages"), dict):
        return _of_report(path, content["stages"], stages)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise wrong_usage(f"{path} has no settings by stage, such as `train: {{steps: 7000}}`", "--config")
    for stage, given in content.items():
        if stage not in stages:
            near = difflib.get_close_matches(str(stage), list(stages), n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise wrong_usage(
                f"{path}: there is no stage {stage!r}. {hint}There are {', '.join(stages)}.", "--config"
            )
        if not isinstance(given, dict):
            raise wrong_usage(f"{path}: {stage} is {given!r}; it must be settings by name", "--config")
    return content


def _load(path: Path) -> Any:
    import yaml

    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise wrong_usage(f"{path} cannot be read: {error.strerror}", "--config") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise wrong_usage(f"{path} is no YAML: {error}", "--config") from error


def _of_report(path: Path, parts: dict[str, Any], stages: Iterable[str]) -> Given:
    """Settings in a report. A stage that did not run, or came from the cache, has none: defaults apply."""
    found = {stage: parts[stage].get("settings") for stage in stages if stage in parts}
    given = {stage: settings for stage, settings in found.items() if settings}
    if not given:
        raise wrong_usage(f"{path} is a report without settings: an older version wrote it", "--config")
    return given
