"""Packages from npm for tests, fetched when they run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def install(folder: Path, *packages: str) -> Path:
    """Install packages, as "three@0.187.0", into `folder`, and return its node_modules; skip without npm."""
    if shutil.which("npm") is None:
        pytest.skip(f"npm is not installed, so {packages[0]} cannot be fetched")
    options = ["--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run(["npm", "install", *options, *packages], check=True)
    return folder / "node_modules"
