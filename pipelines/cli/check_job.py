"""Checks of capture and output before anything starts."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from components.shared.errors import InputError, StorageError
from components.shared.storage import S3Address, check_address, check_target, contains, is_s3, local_path
from pipelines.cli.failure import wrong_usage


def resolve(uri: str) -> str:
    """`uri` with a local path made absolute, because stages may run in another folder."""
    return uri if is_s3(uri) else str(local_path(uri).absolute())


def check_capture(capture: str) -> None:
    """
    Raises:
        InputError: a local capture does not exist, or the address is wrong.
    """
    _check_encoding(capture)
    check_address(capture)
    if not is_s3(capture) and not local_path(capture).exists():
        raise InputError(
            f"{capture} does not exist",
            remedy="Check the path: CAPTURE is a folder of photos, a .zip, a .tar, or s3://bucket/prefix/.",
        )


def check_output(output: str, capture: str) -> None:
    """
    Raises:
        BadParameter: the output is inside the capture, so that the next run would read its images as photos;
            or it is a file, or its address is wrong.
        StorageError: the output cannot be written.
    """
    check_output_address(output, "--output")
    check_apart(output, capture, "--output")
    if is_s3(output):
        return
    _check_encoding(output)
    folder = Path(resolve(output))
    if folder.is_symlink() and not folder.exists():
        raise wrong_usage(f"{output} is a link that leads nowhere; the results need a folder", "--output")
    if folder.exists() and not folder.is_dir():
        raise wrong_usage(f"{output} is a file; the results need a folder", "--output")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".kubesplat-probe-") as probe:
            probe.write(bytes(4096))
            probe.flush()
    except OSError as error:
        space = ", on a disk with space left" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise StorageError(
            f"the results cannot be written to {output}: {error.strerror}",
            remedy=f"Choose an --output folder that you may write to{space}.",
        ) from error


def check_apart(target: str, capture: str, option: str) -> None:
    """
    Raises:
        BadParameter: `target` is the capture or inside it; on this machine by its path or through links. A
            whole bucket may hold its own results.
    """
    if is_s3(capture) and is_s3(target):
        if S3Address.parse(capture).prefix and contains(capture, target):
            lies = "is" if contains(target, capture) else "lies inside"
            raise wrong_usage(f"{target} {lies} the capture {capture}; choose a prefix beside it", option)
        return
    source = Path(resolve(capture))
    if is_s3(capture) or not source.is_dir():
        return
    folder = Path(resolve(target)).resolve()
    for each in (folder, *folder.parents):
        if each.exists() and each.samefile(source):
            lies = "is" if each == folder else "lies inside"
            raise wrong_usage(f"{target} {lies} the capture {capture}; choose a folder beside it", option)


def _check_encoding(path: str) -> None:
    """Kubeflow passes on names as UTF-8; file systems also have others."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"the path {path!r} has bytes that are not UTF-8",
            remedy="Rename the folder, or make a link to it and give the link: ln -s OLD NEW.",
        ) from error


def check_artifacts(artifacts: str | None) -> None:
    if artifacts is None:
        return
    if not is_s3(artifacts):
        raise wrong_usage(f"{artifacts} is no s3://bucket/prefix", "--artifacts")
    check_output_address(artifacts, "--artifacts")


def check_cluster_address(address: str, option: str) -> None:
    """
    Raises:
        BadParameter: a cluster cannot read and write the address.
    """
    if not is_s3(address):
        raise wrong_usage(f"{address} is no s3://bucket/prefix, and the cluster needs one", option)
    check_output_address(address, option)


def check_output_address(address: str, option: str) -> None:
    """
    Raises:
        BadParameter: the address is wrong, or results there could replace others.
    """
    try:
        check_target(address)
    except InputError as error:
        raise wrong_usage(f"{error.message}. {error.remedy}", option) from error
