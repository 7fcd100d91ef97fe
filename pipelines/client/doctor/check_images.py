"""Checks of the images that packages compiled here name: on a node, of this version, no failed pull."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from components.shared.container_images import cpu_image, gpu_image, sfm_gpu_image
from components.shared.environment import CPU_IMAGE_VARIABLE, GPU_IMAGE_VARIABLE, SFM_GPU_IMAGE_VARIABLE
from pipelines.client.doctor.cluster import RUN_LABELS, Cluster, version_of
from pipelines.client.doctor.finding import Finding, fail, ok, unseen, warn
from pipelines.client.status.pod_conditions import pending_reason

_PULL_SECRET = "kubernetes.io/dockerconfigjson"


def check_images(cluster: Cluster) -> Iterator[Finding]:
    present = {name for node in cluster.nodes() for name in _names(node)}
    failures = _pull_failures(cluster)
    for image, variable in _images(cluster).items():
        if image in failures:
            yield fail("image", failures[image], f"Push it, correct {variable}, or see image_pull_secret.")
        elif _full_name(image) in present:
            yield from _of_this_version(image, variable)
        elif _full_name(image).startswith("docker.io/kubesplat/"):
            text = f"{image}: no node lists it, and its name has no registry to pull it from"
            yield fail(
                "image", text, f"`make images push REGISTRY=…`, then set {variable} to the pushed name."
            )
        else:
            reason = f"{image}: no node has pulled it yet; its registry shows whether it exists"
            yield unseen("image", reason)


def _images(cluster: Cluster) -> dict[str, str]:
    """Images of the tasks, with the variable that names each."""
    on_gpu = cluster.tasks(on_gpu=True)
    images = {gpu_image(): GPU_IMAGE_VARIABLE, cpu_image(): CPU_IMAGE_VARIABLE}
    return images | ({sfm_gpu_image(): SFM_GPU_IMAGE_VARIABLE} if "sfm" in on_gpu else {})


def _names(node: dict[str, Any]) -> list[str]:
    return [name for each in node["status"].get("images", []) for name in each.get("names") or []]


def _full_name(image: str) -> str:
    """As nodes list it: `docker.io/kubesplat/cpu:0.1.0` for `kubesplat/cpu:0.1.0`."""
    host, found, _ = image.partition("/")
    has_registry = found and ("." in host or ":" in host or host == "localhost")
    return image if has_registry else f"docker.io/{image if found else f'library/{image}'}"


def _of_this_version(image: str, variable: str) -> Iterator[Finding]:
    own, theirs = version("kubesplat"), version_of(image)
    if theirs and theirs != own:
        text = f"{image} is on a node; this command is kubesplat {own}"
        yield warn(
            "image", text, f"Set {variable} to the image of {own}: stages may not know newer settings."
        )
    else:
        yield ok("image", f"{image} is on a node")


def _pull_failures(cluster: Cluster) -> dict[str, str]:
    """Images that pods of runs wait for in vain, with the reason."""
    selector = ",".join(f"{key}={value}" for key, value in RUN_LABELS.items())
    path = f"/api/v1/namespaces/{cluster.namespace}/pods"
    waiting = cluster.kubernetes.items(path, labelSelector=selector, fieldSelector="status.phase=Pending")
    failures: dict[str, str] = {}
    for pod in waiting:
        reason = pending_reason(pod)
        if reason and reason.state == "cannot start":
            failures |= {
                each["image"]: reason.text for each in pod["spec"]["containers"] if each["name"] == "main"
            }
    return failures


def check_pull_secret(cluster: Cluster) -> Iterator[Finding]:
    name = cluster.shared.image_pull_secret
    if not name:
        return
    found = cluster.find("secrets", name)
    if found is None or found.get("type") != _PULL_SECRET:
        kind = f"is of type {found.get('type')}, not {_PULL_SECRET}" if found else "does not exist"
        text = f"the Secret {name} in {cluster.namespace}, image_pull_secret of the task settings, {kind}"
        remedy = f"`kubectl -n {cluster.namespace} create secret docker-registry {name} …`"
        yield fail("pull secret", text, remedy)
    else:
        yield ok("pull secret", f"the Secret {name} is a {_PULL_SECRET}")
