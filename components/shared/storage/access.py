"""Open a storage by its address; read and write JSON in it."""

from __future__ import annotations

import json
from typing import Any

from components.shared.errors import InputError
from components.shared.files import format_json
from components.shared.storage.addresses import join
from components.shared.storage.interface import Storage
from components.shared.storage.local import LocalStorage
from components.shared.storage.s3_address import is_s3


def open_storage(uri: str) -> Storage:
    """A local folder, which is created on the first write, or `s3://bucket/prefix`.

    Raises:
        InputError: `uri` is neither.
    """
    if is_s3(uri):
        # minio takes 0.3 s to import, in each stage of a run; stages that use folders alone skip it.
        from components.shared.storage.s3 import S3Storage

        return S3Storage(uri)
    return LocalStorage(uri)


def put_json(storage: Storage, name: str, value: Any) -> None:
    """Store indented UTF-8 JSON as `name`; NaN and infinity are rejected with a ValueError."""
    storage.write_bytes(name, format_json(value).encode())


def get_json(storage: Storage, name: str) -> Any:
    """The parsed content of the JSON file `name`.

    Raises:
        InputError: it is no JSON.
    """
    content = storage.read_bytes(name)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        where = join(storage.uri, name)
        raise InputError(
            f"{where} is damaged: it is no JSON ({error})",
            remedy="Delete it, then run again: it is written anew.",
        ) from error
