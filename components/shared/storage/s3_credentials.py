"""Credentials for S3: the environment, `~/.aws/credentials`, or the role of the pod."""

from __future__ import annotations

import configparser
import os

from minio.credentials import AWSConfigProvider, ChainedProvider, Credentials, EnvAWSProvider, IamAwsProvider
from minio.credentials.providers import Provider
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from components.shared.errors import StorageError


def find_credentials() -> Provider:
    """A provider that looks for credentials on each request, so that expired ones are renewed."""
    return _ExplainedProvider()


class _ExplainedProvider(Provider):
    """The usual chain of providers, with one error and remedy if none has credentials."""

    def __init__(self) -> None:
        chain: list[Provider] = [EnvAWSProvider(), AWSConfigProvider()]
        if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true":
            # Outside AWS the metadata address does not respond: wait one second, as the tools of AWS do.
            http = PoolManager(timeout=Timeout(connect=1.0, read=5.0), retries=Retry(total=1, connect=0))
            chain.append(IamAwsProvider(http_client=http))
        self._chain = ChainedProvider(chain)

    def retrieve(self) -> Credentials:
        try:
            return self._chain.retrieve()
        except (ValueError, HTTPError, OSError, configparser.Error) as error:
            raise StorageError(
                "no credentials for S3 were found",
                remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; on a cluster, give the pod's "
                "service account a role, or mount the secret of the object store.",
            ) from error
