"""The default output of a run: beside its capture."""

from __future__ import annotations

from components.shared.errors import InputError
from components.shared.storage import S3Address, check_target, is_s3, normalize

RESULT_SUFFIX = "-scene"
ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")


def choose_output(output: str, capture: str, *, suffix: str = RESULT_SUFFIX) -> str:
    """`output` if it is not empty, else the capture's address with a suffix.

    The default for s3://bucket/castle/ is s3://bucket/castle-scene.

    Raises:
        InputError: the capture is a whole bucket or the root folder, which has no neighbor; an address is
            wrong; or results there could replace others.
    """
    chosen = output or _neighbor(capture, suffix)
    check_target(chosen)
    return chosen


def _neighbor(capture: str, suffix: str) -> str:
    address = normalize(capture)
    has_neighbor = bool(S3Address.parse(address).prefix if is_s3(address) else address.strip("/"))
    if not has_neighbor:
        raise InputError(
            f"no output is given, and the capture {capture!r} is a whole bucket or file system",
            remedy="Give an output, such as s3://bucket/scene.",
        )
    return without_archive_suffix(address) + suffix


def without_archive_suffix(address: str) -> str:
    for suffix in ARCHIVE_SUFFIXES:
        if address.lower().endswith(suffix):
            return address[: -len(suffix)]
    return address
