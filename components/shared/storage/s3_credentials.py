"""Who we are to S3: the environment, `~/.aws/credentials`, or the role that the cluster gave this pod."""

from __future__ import annotations

import os

from minio.credentials import AWSConfigProvider, ChainedProvider, Credentials, EnvAWSProvider, IamAwsProvider
from minio.credentials.providers import Provider
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from components.shared.errors import StorageError


def find_credentials() -> Provider:
    """Nothing is asked before the first request; roles expire and are renewed by then."""
    return _ExplainedProvider()


class _ExplainedProvider(Provider):
    """The usual chain, with one readable error when nobody knows us."""

    def __init__(self) -> None:
        chain: list[Provider] = [EnvAWSProvider(), AWSConfigProvider()]
        if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true":
            # Off AWS nobody answers at the metadata address: one second is what AWS' tools wait, too.
            http = PoolManager(timeout=Timeout(connect=1.0, read=5.0), retries=Retry(total=1, connect=0))
            chain.append(IamAwsProvider(http_client=http))
        self._chain = ChainedProvider(chain)

    def retrieve(self) -> Credentials:
        try:
            return self._chain.retrieve()
        except (ValueError, HTTPError, OSError) as error:
            raise StorageError(
                "no credentials for S3 were found",
                remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; on a cluster, give the pod's "
                "service account a role, or mount the secret of the object store.",
            ) from error
