"""A YAML or JSON file that changes some of the task settings when a package is compiled."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from components.shared.errors import InputError
from pipelines.task_settings.defaults import TASKS, PipelineSettings
from pipelines.task_settings.settings import ClusterSettings

_REMEDY = "Correct the file; pipelines/task_settings/README.md lists what it may hold."
_Settings = TypeVar("_Settings", bound=Any)


def read_settings(path: Path) -> PipelineSettings:
    """The defaults, changed by what `path` says under `tasks: <task>:` and `cluster:`.

    Raises:
        InputError: no such file, no YAML, or a key or value that is not allowed; the message names it.
    """
    content = _mapping(_load(path), str(path), ("tasks", "cluster"))
    tasks = dict(TASKS)
    for task, changes in _mapping(content.get("tasks"), "tasks", tuple(TASKS)).items():
        tasks[task] = _change(TASKS[task], changes, f"tasks.{task}")
    return PipelineSettings(
        tasks=tasks, cluster=_change(ClusterSettings(), content.get("cluster"), "cluster")
    )


def _load(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", remedy="Check the path.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} is neither YAML nor JSON: {error}", remedy=_REMEDY) from error


def _mapping(value: Any, where: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{where} is {value!r}; allowed are the keys {', '.join(allowed)}", remedy=_REMEDY)
    for key in value:
        if key not in allowed:
            raise InputError(f"{where} has the key {key!r}; allowed are {', '.join(allowed)}", remedy=_REMEDY)
    return value


def _change(settings: _Settings, changes: Any, where: str) -> _Settings:
    names = tuple(each.name for each in fields(settings))
    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in _mapping(changes, where, names).items()
    }
    try:
        return replace(settings, **given)
    except ValueError as error:
        raise InputError(f"{where}.{error}", remedy=_REMEDY) from error
