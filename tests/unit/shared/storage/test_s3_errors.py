import pytest
from minio.error import InvalidResponseError, S3Error
from urllib3.exceptions import MaxRetryError, ReadTimeoutError, ResponseError, SSLError

from components.shared.storage import NotFoundError
from components.shared.storage.s3_errors import explain, explain_no_response

ENDPOINT = "https://s3.example.org"


def s3_error(code: str) -> S3Error:
    return S3Error(None, code, "Message of the service.", "/bucket/name", "request", "host")


@pytest.mark.parametrize(
    ("code", "cause", "remedy"),
    [
        ("AccessDenied", "access is denied", "the right to list, read and write"),
        ("AccessDenied", "access is denied", "Check the bucket's name"),
        ("SignatureDoesNotMatch", "the secret key is wrong", "AWS_SECRET_ACCESS_KEY"),
        ("PermanentRedirect", "the region is wrong", "AWS_REGION"),
        ("QuotaExceeded", "the bucket is full", "Free space"),
        ("Strange", "Strange: Message of the service.", "Check the object store"),
    ],
)
def test_errors_name_object_service_cause_and_remedy(code, cause, remedy):
    error = explain(s3_error(code), "s3://bucket/name", ENDPOINT)
    assert error.message == f"s3://bucket/name at {ENDPOINT}: {cause}"
    assert remedy in error.remedy
    assert not isinstance(error, NotFoundError)


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket"])
def test_missing_objects_and_buckets_are_told_apart(code):
    assert isinstance(explain(s3_error(code), "s3://bucket/name", ENDPOINT), NotFoundError)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MaxRetryError(None, "/", SSLError("self-signed")), "its certificate is not trusted"),
        (MaxRetryError(None, "/", ResponseError("too many 503")), r"it fails \(too many 503\)"),
        (MaxRetryError(None, "/", OSError("refused")), "nothing answers there"),
        (ReadTimeoutError(None, "/", "timed out"), "it stopped answering"),
        (InvalidResponseError(200, "text/html", "<html>"), "this is no answer of S3"),
    ],
)
def test_services_that_do_not_answer_as_s3_are_explained(error, cause):
    explained = explain_no_response(error, "s3://bucket/name", ENDPOINT)
    with pytest.raises(type(explained), match=f"s3://bucket/name at {ENDPOINT}: {cause}"):
        raise explained
    assert explained.retryable
