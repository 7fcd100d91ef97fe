"""The connection to Kubeflow Pipelines, from a command's options."""

from __future__ import annotations

from pathlib import Path

from pipelines.cli.failure import wrong_usage
from pipelines.client.connection.connect import Kubeflow, connect
from pipelines.client.connection.settings import ClientSettings, find_settings


def read_connection(host: str | None, namespace: str | None, token_file: Path | None) -> ClientSettings:
    """The settings of the connection, from the options, then the environment."""
    try:
        return find_settings(host=host, namespace=namespace, token_file=token_file)
    except ValueError as error:
        raise wrong_usage(str(error), "--host") from error


def open_kubeflow(host: str | None, namespace: str | None, token_file: Path | None) -> Kubeflow:
    """
    Raises:
        ServiceError: Kubeflow cannot be reached, or the sign-in failed.
    """
    return connect(read_connection(host, namespace, token_file))
