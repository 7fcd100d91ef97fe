"""The pipeline as one YAML file that the Kubeflow UI and the kfp command line take."""

from __future__ import annotations

from pathlib import Path

from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.write_package import write_package

PACKAGE_NAME = "inbox_to_sogs.yaml"


def compile_package(folder: Path, settings: PipelineSettings | None = None) -> Path:
    """Write the package into `folder` and return its path; `settings` are the tasks' machines."""
    return write_package(define_inbox_to_sogs(settings or PipelineSettings()), folder / PACKAGE_NAME)
