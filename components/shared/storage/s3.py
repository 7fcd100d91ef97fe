"""An S3 prefix as a storage: AWS, MinIO, SeaweedFS and other services with the S3 API.

Configured like the tools of AWS: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION,
AWS_CA_BUNDLE, and credentials from the environment, from `~/.aws/credentials`, or from the role of the pod.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from minio import Minio
from minio.datatypes import Object
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from components.shared.errors import StorageError, as_kubesplat_error
from components.shared.files import atomic_path
from components.shared.storage.interface import StoredFile
from components.shared.storage.s3_credentials import find_credentials
from components.shared.storage.s3_errors import explain, explain_no_response

AWS = "https://s3.amazonaws.com"
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 4.0, 60.0, 3
_CONNECTIONS = 16
_CHUNK_BYTES = 1024 * 1024


class S3Storage:
    """Implements `Storage` for an S3 prefix. Thread-safe."""

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")
        address = urlsplit(self.uri)
        self._bucket, self._prefix = address.netloc, address.path.strip("/")
        self._endpoint = endpoint()
        with self._typed_errors(self.uri):
            self._client = _client(self._endpoint)

    def put_file(self, path: Path, name: str) -> None:
        with self._typed_errors(name):
            self._client.fput_object(self._bucket, self._key(name), str(path))

    def get_file(self, name: str, path: Path) -> None:
        with (
            self._typed_errors(name),
            atomic_path(path) as temporary,
            self._response(name) as response,
            temporary.open("wb") as file,
        ):
            for chunk in response.stream(_CHUNK_BYTES):
                file.write(chunk)

    def write_bytes(self, name: str, data: bytes) -> None:
        with self._typed_errors(name):
            self._client.put_object(self._bucket, self._key(name), io.BytesIO(data), len(data))

    def read_bytes(self, name: str) -> bytes:
        with self._typed_errors(name), self._response(name) as response:
            return b"".join(response.stream(_CHUNK_BYTES))

    @contextmanager
    def _response(self, name: str) -> Iterator[BaseHTTPResponse]:
        response = self._client.get_object(self._bucket, self._key(name))
        try:
            yield response
        finally:
            response.close()
            response.release_conn()

    def exists(self, name: str) -> bool:
        with self._typed_errors(name):
            try:
                self._client.stat_object(self._bucket, self._key(name))
            except S3Error as error:
                if error.code in ("NoSuchKey", "NoSuchObject", "ResourceNotFound"):
                    return False
                raise
            return True

    def list_names(self, prefix: str = "") -> list[str]:
        return [file.name for file in self.list_files(prefix)]

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        root = f"{self._prefix}/" if self._prefix else ""
        with self._typed_errors(prefix):
            found = self._client.list_objects(self._bucket, prefix=root + prefix, recursive=True)
            files = [_as_file(each, root) for each in found if not each.is_dir]
        return sorted(files, key=lambda file: file.name)

    def delete(self, name: str) -> None:
        with self._typed_errors(name):
            self._client.remove_object(self._bucket, self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    @contextmanager
    def _typed_errors(self, name: str) -> Iterator[None]:
        where = f"s3://{self._bucket}/{self._key(name)}" if name != self.uri else self.uri
        try:
            yield
        except S3Error as error:
            raise explain(error, where, self._endpoint) from error
        except (HTTPError, InvalidResponseError, ServerError) as error:
            raise explain_no_response(error, where, self._endpoint) from error
        except ValueError as error:  # minio rejects invalid names and addresses with it
            raise StorageError(
                f"{where} at {self._endpoint}: {error}",
                remedy="Check the bucket's name, and AWS_ENDPOINT_URL if it is set.",
            ) from error
        except OSError as error:
            raise as_kubesplat_error(error) from error


def _as_file(found: Object, root: str) -> StoredFile:
    changed_at = found.last_modified.timestamp() if found.last_modified else 0.0
    name = str(found.object_name).removeprefix(root)
    return StoredFile(name, found.size or 0, (found.etag or "").strip('"'), changed_at)


def endpoint() -> str:
    """The address of the S3 service, `https://host[:port]`."""
    return (os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or AWS).rstrip("/")


def _client(address: str) -> Minio:
    parts = urlsplit(address if "://" in address else f"https://{address}")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Minio(
        parts.netloc + parts.path,
        credentials=find_credentials(),
        region=region or (None if address == AWS else "us-east-1"),
        secure=parts.scheme != "http",
        http_client=_http(),
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
