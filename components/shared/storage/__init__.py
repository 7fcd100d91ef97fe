"""Folders and S3 prefixes behind one interface: captures in, checkpoints and results out."""

from components.shared.storage.access import get_json, open_storage, put_json
from components.shared.storage.interface import NotFoundError, Storage, StoredFile

__all__ = ["NotFoundError", "Storage", "StoredFile", "get_json", "open_storage", "put_json"]
