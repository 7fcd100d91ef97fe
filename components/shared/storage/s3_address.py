"""Addresses in S3: a bucket and a prefix of keys, byte for byte.

`s3://BUCKET/KEY` is no URL: nothing in it is decoded, and `#`, `?`, `%` and `+` are characters of the key
like all others. One `/` at the end makes no difference: `s3://bucket/castle` and `s3://bucket/castle/` are
the same prefix, and neither of them contains `s3://bucket/castle-2/`. Every other `/` counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.shared.errors import InputError

SCHEME = "s3://"
MAX_KEY_BYTES = 1024
"""Limit of S3 for a key in UTF-8."""

_MEANT = re.compile(r"s3:/*", re.IGNORECASE)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]*")
_ADDRESS = "An address is s3://bucket/prefix"


def is_s3(address: str) -> bool:
    """Whether `address` is meant for S3, correctly written or not: `S3://bucket` and `s3:/bucket` are.

    A local folder with such a name can be given as `./s3:`.
    """
    return _MEANT.match(address) is not None


@dataclass(frozen=True, slots=True)
class S3Address:
    """A prefix of keys in a bucket."""

    bucket: str
    prefix: str
    """Empty for the whole bucket; otherwise it ends with `/`."""

    @classmethod
    def parse(cls, text: str) -> S3Address:
        """
        Raises:
            InputError: `text` is no S3 address, or names what no object store can hold.
        """
        if not text.startswith(SCHEME):
            rest = _MEANT.sub("", text, count=1)
            raise InputError(
                f"{text} is no S3 address", remedy=f"{_ADDRESS}, so perhaps {SCHEME}{rest} is meant."
            )
        bucket, _, key = text.removeprefix(SCHEME).partition("/")
        _check_bucket(bucket, text)
        check_key(key, text)
        return cls(bucket, f"{key.removesuffix('/')}/" if key else "")

    def __str__(self) -> str:
        key = self.prefix.removesuffix("/")
        # A key that is empty or ends with `/` is read back as it is only with the prefix's last `/`.
        readable = key if key and not key.endswith("/") else self.prefix
        return f"{SCHEME}{self.bucket}/{readable}" if self.prefix else f"{SCHEME}{self.bucket}"

    def key(self, name: str) -> str:
        """The key of the object `name` below this prefix.

        Raises:
            InputError: S3 can hold no such key.
        """
        key = self.prefix + name
        check_key(key, f"{SCHEME}{self.bucket}/{key}")
        return key

    def join(self, name: str) -> str:
        """The address of what is called `name` below this prefix; a `/` at the end of `name` stays."""
        return f"{SCHEME}{self.bucket}/{self.key(name)}"

    def contains(self, other: S3Address) -> bool:
        """Whether every key below `other` is below this address too."""
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)

    @property
    def parent(self) -> S3Address:
        """The prefix that this one is directly in; a whole bucket is its own parent."""
        key = self.prefix.removesuffix("/")
        return S3Address(self.bucket, key[: key.rfind("/") + 1])

    @property
    def name(self) -> str:
        """The last part of the key; the bucket's name for a whole bucket."""
        return self.prefix.removesuffix("/").rpartition("/")[2] if self.prefix else self.bucket

    @property
    def is_ambiguous(self) -> bool:
        """Whether some object stores take the prefix for another one.

        SeaweedFS stores `a//b`, `/a/b` and `a\\b` all as `a/b`, MinIO refuses `a//b`, AWS keeps all apart.
        """
        return "//" in f"/{self.prefix}" or "\\" in self.prefix

    def check_target(self) -> None:
        """
        Raises:
            InputError: what is written here could replace objects below another prefix.
        """
        if self.is_ambiguous:
            raise InputError(
                f"{self} has an empty folder name (//) or a backslash, and object stores differ in what they "
                "take it for: results there could replace others",
                remedy="Write single slashes, or choose another output.",
            )


def _check_bucket(bucket: str, text: str) -> None:
    if not bucket:
        raise InputError(f"{text} names no bucket", remedy=f"{_ADDRESS}.")
    if ":" in bucket or "@" in bucket:  # said without the address: logs keep what an error says
        raise InputError(
            "an S3 address holds a user, keys or a port, which no bucket's name has",
            remedy=f"{_ADDRESS}. Keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, "
            "the server is AWS_ENDPOINT_URL.",
        )
    if bucket != bucket.lower() and _BUCKET.fullmatch(bucket.lower()):
        raise InputError(
            f"the bucket's name {bucket} in {text} has capital letters, which no bucket may have",
            remedy=f"Perhaps {text.replace(bucket, bucket.lower(), 1)} is meant.",
        )
    if not _BUCKET.fullmatch(bucket):
        raise InputError(
            f"{bucket!r} in {text} can be no bucket's name",
            remedy=f"{_ADDRESS}; a bucket's name has small letters, digits, dots and hyphens.",
        )


def check_key(key: str, text: str) -> None:
    """
    Raises:
        InputError: the client or the object stores cannot hold `key` as it is; `text` is the address in the
            message.
    """
    try:
        length = len(key.encode())
    except UnicodeEncodeError as error:
        shown = text.encode("utf-8", "replace").decode()
        raise InputError(
            f"the name {shown} is not written in Unicode (UTF-8), as S3 requires",
            remedy="Rename the file or folder.",
        ) from error
    if length > MAX_KEY_BYTES:
        raise InputError(
            f"the key of {text[:100]}… has {length} bytes; S3 allows {MAX_KEY_BYTES}",
            remedy="Choose shorter names.",
        )
    if {".", ".."} & set(key.split("/")):
        raise InputError(
            f"{text} has a part called . or .., which clients of S3 take for a step in the path",
            remedy="Write the address without it; objects with such keys must be renamed.",
        )
    if "\0" in key or (key and key.isspace()):
        raise InputError(
            f"{text!r} has a key of spaces alone or with a zero byte, which object stores refuse",
            remedy="Choose another name.",
        )
