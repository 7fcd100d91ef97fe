"""Where results go if nobody said."""

from __future__ import annotations

from components.shared.errors import InputError

RESULT_SUFFIX = "-scene"
ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")


def choose_output(output: str, capture: str, *, suffix: str = RESULT_SUFFIX) -> str:
    """`output`, or if it is empty a place next to the capture: s3://bucket/castle-scene for s3://bucket/castle/.

    Raises:
        InputError: there is no place next to a whole bucket.
    """
    if output:
        return output
    address = capture.rstrip("/")
    bucket_or_root = address.removeprefix("s3://") if address.startswith("s3://") else address.strip("/")
    if not bucket_or_root or (address.startswith("s3://") and "/" not in bucket_or_root):
        raise InputError(
            f"the capture is all of {capture!r}, and no output is given",
            remedy="Give an output, such as s3://bucket/scene.",
        )
    return without_archive_suffix(address) + suffix


def without_archive_suffix(address: str) -> str:
    for suffix in ARCHIVE_SUFFIXES:
        if address.lower().endswith(suffix):
            return address[: -len(suffix)]
    return address
