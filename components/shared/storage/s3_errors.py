"""Errors of S3 as `StorageError`s with a cause and a remedy."""

from __future__ import annotations

from minio.error import S3Error
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError, ResponseError, SSLError

from components.shared.errors import InputError, KubesplatError, StorageError
from components.shared.storage.interface import NotFoundError

_KEYS = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, AWS_SESSION_TOKEN."
_BUCKET = "Check the bucket's name, or make the bucket; and check AWS_ENDPOINT_URL."
_CAUSES = {
    "NoSuchBucket": ("there is no such bucket", _BUCKET),
    "NoSuchKey": ("there is no such object", "Check the address."),
    "NoSuchUpload": ("the upload was ended by the service", "Run again."),
    "InvalidAccessKeyId": ("the access key is not known", _KEYS),
    "SignatureDoesNotMatch": ("the secret key is wrong", _KEYS),
    "InvalidToken": ("the session token is wrong", _KEYS),
    "ExpiredToken": ("the session token has expired", "Ask for new temporary keys, then run again."),
    "AccessDenied": (
        "access is denied",
        "Check the bucket's name, for a missing one may be refused like this; or give these keys, or the "
        "pod's role, the right to list, read and write there.",
    ),
    "AuthorizationHeaderMalformed": ("the region is wrong", "Set AWS_REGION to the bucket's region."),
    "PermanentRedirect": ("the region is wrong", "Set AWS_REGION to the bucket's region."),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "Set the clock (NTP), then run again."),
    "QuotaExceeded": ("the bucket is full", "Free space in the bucket, or raise its quota."),
    "XMinioStorageFull": ("the object store's disks are full", "Free space there, then run again."),
    "KeyTooLongError": ("the object store holds no names as long as this one", "Choose shorter names."),
    "InvalidURI": ("the object store accepts no such name", "Choose another name."),
    "XMinioInvalidObjectName": ("the object store accepts no such name", "Choose another name."),
    "InvalidBucketName": ("the object store accepts no such bucket", "Check the bucket's name."),
    "SlowDown": ("the service asks for fewer requests", "Run again later."),
}
_MISSING = ("NoSuchBucket", "NoSuchKey")
_WRONG_NAMES = ("KeyTooLongError", "InvalidURI", "XMinioInvalidObjectName", "InvalidBucketName")


def explain(error: S3Error, where: str, endpoint: str) -> KubesplatError:
    """The error for an error response of the service; `where` is the object or prefix."""
    code = error.code or ""
    cause, remedy = _CAUSES.get(code, (f"{code}: {error.message}", "Check the object store, then run again."))
    kind: type[KubesplatError] = NotFoundError if code in _MISSING else StorageError
    if code in _WRONG_NAMES:
        kind = InputError
    return kind(f"{where} at {endpoint}: {cause}", remedy=remedy)


def explain_no_response(error: Exception, where: str, endpoint: str) -> StorageError:
    """The error for a missing response, or for one that is not of S3."""
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, SSLError):
        cause, remedy = "its certificate is not trusted", "Set AWS_CA_BUNDLE to your authority's certificate."
    elif isinstance(reason, ResponseError):
        cause, remedy = f"it fails ({reason})", "Check the object store's health, then run again."
    elif isinstance(error, MaxRetryError):
        cause, remedy = "nothing answers there", "Check AWS_ENDPOINT_URL, the network, and that it runs."
    elif isinstance(error, ReadTimeoutError | ProtocolError):
        cause, remedy = "it stopped answering", "Check the network and the object store, then run again."
    else:
        cause, remedy = f"this is no answer of S3 ({error})", "Check that AWS_ENDPOINT_URL is an S3 service."
    return StorageError(f"{where} at {endpoint}: {cause}", remedy=remedy)
