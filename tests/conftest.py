"""What tests of several parts share: real captures beside the repository, and a rendered one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from demo_capture.capture import render_demo_capture
from demo_capture.truth import DemoTruth

SHARED = Path(__file__).resolve().parents[2] / "shared"


class DemoCapture(NamedTuple):
    """A rendered capture. Do not write into its folder: all tests of a run share it."""

    folder: Path
    truth: DemoTruth


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder `shared` beside the repository, with real captures and splats."""
    if not SHARED.is_dir():
        pytest.skip(f"no real captures: {SHARED} does not exist")
    return SHARED


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCapture:
    """24 photos of 800 x 600: what `kubesplat demo` reconstructs."""
    return _rendered_once(tmp_path_factory, "demo")


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCapture:
    """12 photos of 480 x 360, from one side: enough for structure from motion, quick to work with."""
    return _rendered_once(tmp_path_factory, "small_demo", photos=12, width=480, height=360)


def _rendered_once(factory: pytest.TempPathFactory, name: str, **settings: int) -> DemoCapture:
    """Render into the folder of this test run, which parallel workers share; the first one does it."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, truth_file = root / name, root / f"{name}.json"
    with _locked(root / f"{name}.lock"):
        if not truth_file.exists():
            render_demo_capture(folder, **settings).save(truth_file)
    return DemoCapture(folder, DemoTruth.load(truth_file))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
