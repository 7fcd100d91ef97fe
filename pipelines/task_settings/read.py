"""Read a YAML or JSON file with task settings for the compilation of a package."""

from __future__ import annotations

import difflib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from components.shared.errors import InputError
from pipelines.task_settings.defaults import TASKS, PipelineSettings
from pipelines.task_settings.settings import ClusterSettings

_REMEDY = "Correct the file; pipelines/task_settings/README.md lists all keys."
_Settings = TypeVar("_Settings", bound=Any)


def read_settings(path: Path) -> PipelineSettings:
    """The default settings, updated by the keys `tasks: <task>:` and `cluster:` of the file `path`.

    The task inspect gets the resources that the file gives ingest, unless it gives it others: it must fit on
    the same nodes, in runs without an inspection too.

    Raises:
        InputError: the file does not exist, is not YAML, or has a key or value that is not allowed.
    """
    content = _mapping(_load(path), str(path), ("tasks", "cluster"))
    tasks = dict(TASKS)
    for task, changes in _mapping(content.get("tasks"), "tasks", tuple(TASKS)).items():
        tasks[task] = _change(TASKS[task], changes, f"tasks.{task}")
        if task == "ingest" and "inspect" not in content["tasks"]:
            resources = {name: getattr(tasks[task], name) for name in ("cpus", "memory", "scratch")}
            tasks["inspect"] = replace(TASKS["inspect"], **resources)
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
        keys = ", ".join(allowed)
        raise InputError(f"{where} is {value!r}; it must be a mapping with the keys {keys}", remedy=_REMEDY)
    for key in value:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"Did you mean {near[0]}? {_REMEDY}" if near else _REMEDY
            raise InputError(f"{where} has no key {key!r}; its keys are {', '.join(allowed)}", remedy=hint)
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
