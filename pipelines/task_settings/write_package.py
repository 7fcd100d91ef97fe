"""Compile a pipeline to a package: one YAML file for the Kubeflow UI and the kfp command line."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from kfp import compiler
from kfp.dsl.base_component import BaseComponent

from components.shared.files import atomic_path
from pipelines.task_settings.defaults import PipelineSettings

DefinePipeline = Callable[[PipelineSettings], BaseComponent]
"""Defines a pipeline with settings for its tasks, such as `define_photos_to_sog`."""


def write_package(define: DefinePipeline, folder: Path, settings: PipelineSettings | None = None) -> Path:
    """Write `<pipeline>.yaml`, such as `photos_to_sog.yaml`, into `folder` and return its path.

    `settings` None: the default resources, time limits and retries of the tasks.
    """
    pipeline = define(settings or PipelineSettings())
    package = folder / f"{pipeline.name.replace('-', '_')}.yaml"
    with tempfile.TemporaryDirectory() as scratch:
        # The compiler requires the suffix .yaml, which the temporary name of atomic_path does not have.
        draft = Path(scratch) / package.name
        compiler.Compiler().compile(pipeline, str(draft))
        with atomic_path(package) as temporary:
            shutil.copyfile(draft, temporary)
    return package
