"""An S3 prefix as a storage: AWS, MinIO, SeaweedFS and other services with the S3 API.

Configured like the tools of AWS: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION,
AWS_CA_BUNDLE, and credentials from the environment, from `~/.aws/credentials`, or from the role of the pod.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

import certifi
from minio import Minio
from minio.datatypes import Object
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.helpers import check_bucket_name
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from components.shared.errors import InputError, StorageError
from components.shared.files import atomic_path
from components.shared.storage.content_types import content_type
from components.shared.storage.interface import StoredFile, from_os_error
from components.shared.storage.s3_address import S3Address
from components.shared.storage.s3_conditions import put_if
from components.shared.storage.s3_credentials import find_credentials
from components.shared.storage.s3_errors import explain, explain_no_response

AWS = "https://s3.amazonaws.com"
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 4.0, 60.0, 3
_CONNECTIONS = 16
_CHUNK_BYTES = 1024 * 1024


class S3Storage:
    """Implements `Storage` for an S3 prefix. Thread-safe."""

    def __init__(self, uri: str) -> None:
        self._address = S3Address.parse(uri)
        self.uri, self._bucket = str(self._address), self._address.bucket
        self._endpoint = endpoint()
        try:
            check_bucket_name(self._bucket)
        except ValueError as error:
            raise InputError(f"{uri}: {error}", remedy="Check the bucket's name.") from error
        self._http = _http()
        try:
            self._client = _client(self._endpoint, self._http)
        except ValueError as error:
            raise StorageError(
                f"the address of the object store, {self._endpoint}, is wrong: {error}",
                remedy="Set AWS_ENDPOINT_URL to https://HOST or http://HOST:PORT; check AWS_REGION too.",
            ) from error

    def put_file(self, path: Path, name: str, *, cache_control: str = "") -> None:
        key, metadata = self._target(name), _metadata(cache_control)
        with self._typed_errors(name):
            self._client.fput_object(self._bucket, key, str(path), content_type(name), metadata)

    def get_file(self, name: str, path: Path) -> None:
        with (
            self._typed_errors(name),
            atomic_path(path) as temporary,
            self._response(name) as response,
            temporary.open("wb") as file,
        ):
            for chunk in response.stream(_CHUNK_BYTES):
                file.write(chunk)

    def write_bytes(self, name: str, data: bytes, *, cache_control: str = "") -> None:
        key, metadata = self._target(name), _metadata(cache_control)
        with self._typed_errors(name):
            self._client.put_object(
                self._bucket, key, io.BytesIO(data), len(data), content_type(name), metadata
            )

    def write_if(self, name: str, data: bytes, version: str | None, *, cache_control: str = "") -> str:
        key, headers = self._target(name), {"Content-Type": content_type(name)}
        if cache_control:
            headers["Cache-Control"] = cache_control
        with self._typed_errors(name):
            return put_if(self._client, self._http, self._bucket, key, data, version, headers)

    def read_bytes(self, name: str) -> bytes:
        with self._typed_errors(name), self._response(name) as response:
            return b"".join(response.stream(_CHUNK_BYTES))

    def read_version(self, name: str) -> tuple[bytes, str]:
        with self._typed_errors(name), self._response(name) as response:
            content = b"".join(response.stream(_CHUNK_BYTES))
            return content, response.headers.get("ETag", "").strip('"')

    @contextmanager
    def _response(self, name: str) -> Iterator[BaseHTTPResponse]:
        response = self._client.get_object(self._bucket, self._address.key(name))
        try:
            yield response
        finally:
            response.close()
            response.release_conn()

    def exists(self, name: str) -> bool:
        with self._typed_errors(name):
            try:
                self._client.stat_object(self._bucket, self._address.key(name))
            except S3Error as error:
                if error.code in ("NoSuchKey", "NoSuchObject", "ResourceNotFound"):
                    return False
                raise
            return True

    def list_names(self, prefix: str = "") -> list[str]:
        return [file.name for file in self.list_files(prefix)]

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        return sorted(self.iterate_files(prefix), key=lambda file: file.name)

    def iterate_files(self, prefix: str = "") -> Iterator[StoredFile]:
        wanted = self._address.prefix + prefix
        with self._typed_errors(prefix):
            for found in self._client.list_objects(self._bucket, prefix=wanted, recursive=True):
                self._require_below(wanted, str(found.object_name))
                if not found.is_dir:
                    yield _as_file(found, self._address.prefix)

    def _require_below(self, wanted: str, key: str) -> None:
        if not key.startswith(wanted):
            raise InputError(
                f"{self.uri} at {self._endpoint}: nothing has exactly this name; what the object store lists "
                f"instead is s3://{self._bucket}/{key}",
                remedy="Write the address with single slashes.",
            )

    def link(self, name: str, seconds: int) -> str:
        with self._typed_errors(name):
            key, expires = self._address.key(name), timedelta(seconds=seconds)
            return self._client.presigned_get_object(self._bucket, key, expires=expires)

    def delete(self, name: str) -> None:
        key = self._target(name)
        with self._typed_errors(name):
            self._client.remove_object(self._bucket, key)

    def _target(self, name: str) -> str:
        """The key of an object that is to be written or deleted."""
        self._address.check_target()
        return self._address.key(name)

    @contextmanager
    def _typed_errors(self, name: str) -> Iterator[None]:
        where = f"s3://{self._bucket}/{self._address.prefix}{name}"
        try:
            yield
        except S3Error as error:
            raise explain(error, where, self._endpoint) from error
        except (HTTPError, InvalidResponseError, ServerError, ParseError, ValueError) as error:
            # ParseError and ValueError: the response is not the XML that S3 sends.
            raise explain_no_response(error, where, self._endpoint) from error
        except OSError as error:
            raise from_os_error(error) from error


def _metadata(cache_control: str) -> dict[str, str | list[str] | tuple[str]] | None:
    return {"Cache-Control": cache_control} if cache_control else None


def _as_file(found: Object, root: str) -> StoredFile:
    changed_at = found.last_modified.timestamp() if found.last_modified else 0.0
    name = str(found.object_name).removeprefix(root)
    return StoredFile(name, found.size or 0, (found.etag or "").strip('"'), changed_at)


def endpoint() -> str:
    """The address of the S3 service, `https://host[:port]`."""
    return (os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or AWS).rstrip("/")


def _client(address: str, http: PoolManager) -> Minio:
    parts = urlsplit(address if "://" in address else f"https://{address}")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Minio(
        parts.netloc + parts.path,
        credentials=find_credentials(),
        region=region or (None if address == AWS else "us-east-1"),
        secure=parts.scheme != "http",
        http_client=http,
    )


def _http() -> PoolManager:
    """Pool that retries a busy service, and fails within seconds if no connection is accepted."""
    return PoolManager(
        timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        maxsize=_CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where(),
        retries=Retry(
            total=_TRIES,
            connect=_TRIES - 1,
            backoff_factor=0.3,
            status_forcelist=(500, 502, 503, 504),
        ),
    )
