"""The compiled pipeline of a command, and the values of its parameters."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.shared.errors import InputError
from pipelines.cli.failure import wrong_usage
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.task_settings.write_package import DefinePipeline, write_package


@contextmanager
def choose_package(package: Path | None, define: DefinePipeline) -> Iterator[Path]:
    """Yield `package`, or a temporary package of the pipeline `define`."""
    if package is not None:
        if not package.is_file():
            raise InputError(f"{package} does not exist", remedy="Make one with `kubesplat compile`.")
        yield package
        return
    with tempfile.TemporaryDirectory(prefix="kubesplat-package-") as folder:
        yield write_package(define, Path(folder))


def read_parameters(package: Path, given: dict[str, Any], settings: GivenSettings) -> dict[str, Any]:
    """`given` and what the settings say, in the parameter types of the pipeline in `package`."""
    import yaml

    with package.open(encoding="utf-8") as file:
        spec = next(yaml.safe_load_all(file))
    known = spec["root"]["inputDefinitions"]["parameters"]
    values = given | settings.parameters()
    for setting in settings.other_parameters():
        name, _, text = setting.partition("=")
        if name not in known:
            raise wrong_usage(f"{name} is no parameter; there are {', '.join(sorted(known))}", "--set")
        values[name] = _typed(name, text, known[name]["parameterType"])
    for name in [each for each in values if each not in known]:
        raise wrong_usage(f"the package {package.name} has no parameter {name}", "--package")
    return values


def _typed(name: str, text: str, kind: str) -> Any:
    kinds: dict[str, Callable[[str], Any]] = {"NUMBER_INTEGER": int, "NUMBER_DOUBLE": float}
    try:
        return kinds.get(kind, str)(text)
    except ValueError as error:
        raise wrong_usage(f"{name} is {text!r}; it must be a number", "--set") from error
