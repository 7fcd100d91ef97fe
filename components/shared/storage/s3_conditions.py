"""Conditional writes to S3: `If-None-Match: *` and `If-Match`.

minio's `put_object` turns headers that it does not know into metadata, so the object is put to a presigned
address, beside whose signature any header may stand. AWS, MinIO and SeaweedFS honour both conditions; a store
that ignores them answers as if there were none: see `components.shared.leases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from minio import Minio
from minio.error import InvalidResponseError, S3Error
from urllib3 import BaseHTTPResponse, PoolManager

from components.shared.storage.interface import ConflictError

_REFUSED = (409, 412)
"""409: two conditional writes at the same time. 412: the condition is not met."""
_PRESIGNED_FOR = timedelta(minutes=15)


def put_if(
    client: Minio,
    http: PoolManager,
    bucket: str,
    key: str,
    data: bytes,
    version: str | None,
    headers: Mapping[str, str],
) -> str:
    """Put an object if its ETag is `version`; None: if there is no object. Returns the new ETag.

    Raises:
        ConflictError: the condition is not met.
        S3Error: the service refused it for another reason.
    """
    condition = {"If-None-Match": "*"} if version is None else {"If-Match": f'"{version}"'}
    url = client.get_presigned_url("PUT", bucket, key, expires=_PRESIGNED_FOR)
    response = http.request("PUT", url, body=data, headers={**headers, **condition}, redirect=False)
    if response.status == 200:
        return response.headers.get("ETag", "").strip('"')
    error = _error(response)
    was_deleted = version is not None and error.code == "NoSuchKey"
    if was_deleted or (response.status in _REFUSED and error.code != "NoSuchBucket"):
        raise ConflictError(
            f"s3://{bucket}/{key} was written by another process at the same time",
            remedy="Run again: it then sees what the other one wrote.",
        )
    raise error


def _error(response: BaseHTTPResponse) -> S3Error:
    kind = response.headers.get("Content-Type", "")
    if "application/xml" not in kind or not response.data:
        raise InvalidResponseError(response.status, kind, response.data.decode("utf-8", "replace"))
    return S3Error.fromxml(response)
