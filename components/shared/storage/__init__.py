"""Folders and S3 prefixes behind one interface: captures in, checkpoints and results out."""

from components.shared.storage.access import get_json, open_storage, put_json
from components.shared.storage.addresses import (
    check_address,
    check_target,
    contains,
    join,
    local_path,
    name_of,
    normalize,
    parent_of,
)
from components.shared.storage.interface import (
    ConflictError,
    NotFoundError,
    Storage,
    StoredFile,
    WrongPathError,
)
from components.shared.storage.s3_address import S3Address, is_s3

__all__ = [
    "ConflictError",
    "NotFoundError",
    "S3Address",
    "Storage",
    "StoredFile",
    "WrongPathError",
    "check_address",
    "check_target",
    "contains",
    "get_json",
    "is_s3",
    "join",
    "local_path",
    "name_of",
    "normalize",
    "open_storage",
    "parent_of",
    "put_json",
]
