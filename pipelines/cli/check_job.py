"""Checks of capture and output before anything starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from components.shared.errors import InputError, StorageError
from pipelines.cli.failure import wrong_usage


def is_s3(uri: str) -> bool:
    return uri.startswith("s3://")


def resolve(uri: str) -> str:
    """`uri` with a local path made absolute, because stages may run in another folder."""
    return uri if is_s3(uri) else str(Path(uri).expanduser().absolute())


def check_capture(capture: str) -> None:
    """
    Raises:
        InputError: a local capture does not exist.
    """
    path = Path(capture).expanduser()
    if not is_s3(capture) and not path.exists():
        raise InputError(
            f"{capture} does not exist",
            remedy="Check the path: CAPTURE is a folder of photos, a .zip, a .tar, or s3://bucket/prefix/.",
        )


def check_output(output: str, capture: str) -> None:
    """
    Raises:
        BadParameter: the output is inside the capture, so that the next run would read its images as photos.
        StorageError: the output cannot be written.
    """
    if is_s3(output):
        return
    folder = Path(resolve(output))
    source = Path(resolve(capture))
    if not is_s3(capture) and source.is_dir() and (folder == source or source in folder.parents):
        raise wrong_usage(
            f"{output} lies inside the capture {capture}; choose a folder beside it", "--output"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".kubesplat-probe-") as probe:
            probe.write(bytes(4096))
            probe.flush()
    except OSError as error:
        raise StorageError(
            f"the results cannot be written to {output}: {error.strerror}",
            remedy="Choose an --output folder that you may write to, on a disk with space left.",
        ) from error


def check_artifacts(artifacts: str | None) -> None:
    if artifacts is not None and not is_s3(artifacts):
        raise wrong_usage(f"{artifacts} is no s3://bucket/prefix", "--artifacts")
