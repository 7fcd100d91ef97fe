"""Checks of what runs get for their storage, and of the storage itself, from this machine."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import yaml

from components.shared.errors import KubesplatError
from components.shared.storage import is_s3, open_storage
from pipelines.client.doctor.cluster import DEPLOY, Cluster
from pipelines.client.doctor.finding import Finding, fail, ok, unseen, warn

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_ENDPOINT = "AWS_ENDPOINT_URL"
_ROLE = "eks.amazonaws.com/role-arn"
_LAUNCHER = "kfp-launcher"


def check_environment(cluster: Cluster) -> Iterator[Finding]:
    name = cluster.shared.environment_config_map
    found = cluster.environment()
    if found is None:
        text = (
            f"there is no ConfigMap {name} in {cluster.namespace}: runs use AWS' own S3 and push no metrics"
        )
        yield warn("environment", text, f"Set AWS_ENDPOINT_URL and AWS_REGION in it: {DEPLOY}")
    else:
        facts = ", ".join(f"{key}={value}" for key, value in sorted(found.items()) if value)
        yield ok("environment", f"ConfigMap {name}: {facts or 'empty, so AWS'}")


def check_credentials(cluster: Cluster) -> Iterator[Finding]:
    """Runs have keys from the secret, or the role of their service account."""
    name = cluster.shared.s3_secret
    keys = cluster.secret(name)
    if keys is not None:
        missing = [key for key in _KEYS if not keys.get(key)]
        if missing:
            text = f"the Secret {name} in {cluster.namespace} has no {' and no '.join(missing)}"
            yield fail("credentials", text, f"Put both keys into it: {DEPLOY}")
        else:
            yield ok("credentials", f"the Secret {name} has both keys")
        return
    account = cluster.account
    role = _role(cluster, account)
    if role:
        yield ok("credentials", f"the service account {account} has the role {role}")
        return
    text = f"{cluster.namespace} has no Secret {name}, and its service account {account} no role ({_ROLE})"
    remedy = f"Create the Secret, or give the service account a role that may use the bucket: {DEPLOY}"
    on_aws = not (cluster.environment() or {}).get(_ENDPOINT)
    yield (warn if on_aws else fail)("credentials", text, remedy)


def _role(cluster: Cluster, account: str) -> str:
    found = cluster.find("serviceaccounts", account) or {}
    return str(found.get("metadata", {}).get("annotations", {}).get(_ROLE, ""))


def pipeline_root(cluster: Cluster) -> str:
    """Where Kubeflow stores artifacts; empty if its default is in use."""
    return (cluster.config_map(_LAUNCHER) or {}).get("defaultPipelineRoot", "")


def check_root(cluster: Cluster) -> Iterator[Finding]:
    """Kubeflow's launcher stores artifacts where the stages can read and write them."""
    data = cluster.config_map(_LAUNCHER) or {}
    root = data.get("defaultPipelineRoot", "")
    remedy = f"Set defaultPipelineRoot in the ConfigMap {_LAUNCHER} to s3://bucket/prefix: {DEPLOY}"
    if not is_s3(root):
        yield fail("pipeline root", f"it is {root or 'not set'}; stages reach only s3://", remedy)
        return
    provider = (yaml.safe_load(data.get("providers", "")) or {}).get("s3", {}).get("default", {})
    launcher = _host(provider.get("endpoint", ""))
    runs = _host((cluster.environment() or {}).get(_ENDPOINT, ""))
    if runs != launcher:
        text = f"{root} is at {launcher} for Kubeflow's launcher, and at {runs} for the stages"
        yield fail("pipeline root", text, f"Give both the same endpoint: {DEPLOY}")
    else:
        yield ok("pipeline root", f"{root} at {launcher}")


def _host(endpoint: str) -> str:
    """Host and port of an object store; `AWS` for all addresses of AWS."""
    host = urlsplit(endpoint).netloc or endpoint
    return "AWS" if not host or host.endswith(".amazonaws.com") else host


def check_storage(root: str) -> Iterator[Finding]:
    """Write, read, list and delete one small file below `root`, from this machine."""
    if not os.environ.get(_KEYS[0]) and not os.environ.get("AWS_PROFILE"):
        yield unseen("storage", "not tried: this machine has no credentials", f"Set {' and '.join(_KEYS)}.")
        return
    name = f"kubesplat-doctor-{secrets.token_hex(4)}"
    try:
        storage = open_storage(root)
        storage.write_bytes(name, b"kubesplat doctor\n")
        if storage.list_names(name) != [name] or storage.read_bytes(name) != b"kubesplat doctor\n":
            yield fail("storage", f"{root} does not return what was written", "Check the object store.")
        storage.delete(name)
    except KubesplatError as error:
        yield fail("storage", error.message, error.remedy)
    else:
        yield ok("storage", f"{root}: a file was written, listed, read and deleted from this machine")
