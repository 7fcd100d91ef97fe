"""A pipeline as a file that appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kfp import compiler
from kfp.dsl.base_component import BaseComponent

from components.shared.files import atomic_path


def write_package(pipeline: BaseComponent, package: Path) -> Path:
    """Compile `pipeline` to the YAML file `package` and return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        # The compiler insists on the ending .yaml, which a temporary name beside the target lacks.
        draft = Path(scratch) / package.name
        compiler.Compiler().compile(pipeline, str(draft))
        with atomic_path(package) as temporary:
            shutil.copyfile(draft, temporary)
    return package
