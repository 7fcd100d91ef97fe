"""The pipeline as one YAML file that the Kubeflow UI and the kfp command line take."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kfp import compiler

from components.shared.files import atomic_path
from pipelines.photos_to_sog.pipeline import photos_to_sog

PACKAGE_NAME = "photos_to_sog.yaml"


def compile_package(folder: Path) -> Path:
    """Write the package into `folder` and return its path."""
    package = folder / PACKAGE_NAME
    with tempfile.TemporaryDirectory() as scratch:
        # The compiler insists on the ending .yaml, which a temporary name beside the target lacks.
        draft = Path(scratch) / PACKAGE_NAME
        compiler.Compiler().compile(photos_to_sog, str(draft))
        with atomic_path(package) as temporary:
            shutil.copyfile(draft, temporary)
    return package
