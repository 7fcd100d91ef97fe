"""Packages from npm for tests, fetched when they run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def install(folder: Path, *packages: str) -> Path:
    """Install packages, as "three@0.187.0", into `folder`, and return its node_modules.

    Skips the test where there is no npm, or where it cannot fetch them.
    """
    if shutil.which("npm") is None:
        pytest.skip(f"npm is not installed, so {packages[0]} cannot be fetched")
    options = ["--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    fetched = subprocess.run(["npm", "install", *options, *packages], capture_output=True, text=True)
    if fetched.returncode != 0:
        pytest.skip(f"npm cannot fetch {' '.join(packages)}: {fetched.stderr.strip()[-200:]}")
    return folder / "node_modules"
