"""Addresses that users give: an S3 address, or a path of this machine, with `file://` before it or not."""

from __future__ import annotations

import re
from pathlib import Path

from components.shared.errors import InputError
from components.shared.storage.s3_address import S3Address, is_s3

_FILE = "file://"
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def local_path(address: str) -> Path:
    """The path that an address of this machine names.

    Raises:
        InputError: the address is empty, or has the scheme of another service, such as `https://`.
    """
    if not address:
        raise InputError(
            "the path is empty", remedy="Write the path, or set the shell's variable that stands for it."
        )
    if not address.startswith(_FILE) and (scheme := _OTHER_SCHEME.match(address)):
        raise InputError(
            f"{address}: addresses with {scheme[0]} cannot be read or written",
            remedy="Give a folder of this machine, or s3://bucket/prefix; other services with the S3 API are "
            "reached by AWS_ENDPOINT_URL.",
        )
    return Path(address.removeprefix(_FILE)).expanduser()


def check_address(address: str) -> None:
    """
    Raises:
        InputError: `address` is neither a correct S3 address nor a path of this machine.
    """
    if is_s3(address):
        S3Address.parse(address)
    else:
        local_path(address)


def check_target(address: str) -> None:
    """
    Raises:
        InputError: as `check_address`, or what is written there could replace what is elsewhere.
    """
    check_address(address)
    if is_s3(address):
        S3Address.parse(address).check_target()


def normalize(address: str) -> str:
    """One spelling for all addresses of a place: without the `/` at its end.

    Raises:
        InputError: it is meant for S3, and wrong.
    """
    return str(S3Address.parse(address)) if is_s3(address) else address.rstrip("/") or "/"


def join(folder: str, name: str) -> str:
    """The address of `name` in `folder`; `name` may have several parts, and a `/` at its end stays.

    Raises:
        InputError: `folder` is meant for S3, and wrong; or S3 can hold no such key.
    """
    return S3Address.parse(folder).join(name) if is_s3(folder) else f"{folder.rstrip('/')}/{name}"


def name_of(address: str) -> str:
    """The last part of an address.

    Raises:
        InputError: it is meant for S3, and wrong.
    """
    return S3Address.parse(address).name if is_s3(address) else address.rstrip("/").rpartition("/")[2]


def parent_of(address: str) -> str:
    """The address that `address` is directly in.

    Raises:
        InputError: it is meant for S3, and wrong.
    """
    if is_s3(address):
        return str(S3Address.parse(address).parent)
    return address.rstrip("/").rpartition("/")[0] or ("/" if address.startswith("/") else ".")


def contains(folder: str, address: str) -> bool:
    """Whether `address` is `folder` or below it, by the text of both.

    Raises:
        InputError: one of them is meant for S3, and wrong.
    """
    if is_s3(folder) != is_s3(address):
        return False
    if is_s3(folder):
        return S3Address.parse(folder).contains(S3Address.parse(address))
    return f"{address.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")
