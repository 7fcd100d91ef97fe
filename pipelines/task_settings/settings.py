"""Settings of a task's pod, and settings of the cluster that all tasks share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Pool = Literal["cpu", "gpu"]
"""Nodes that have the label `kubesplat/pool` with this value."""

_QUANTITY = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti|K|M|G|T)")
_NODE_WAIT_SECONDS = 3600
_NODE_START_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """Settings of a task's pod. Requests equal limits, so that other pods cannot take its resources."""

    cpus: float
    """CPU cores."""
    memory: str
    """Memory, including shared memory, as a Kubernetes quantity: 8Gi is 8 times 2^30 bytes."""
    gpus: int = 0
    """Number of GPUs. With 0 the task runs on any node; training and compression are slower then. With 1 or
    more, sfm runs in an image of its own and extracts and matches features on them."""
    shared_memory: str | None = None
    """Size of /dev/shm; None: the container's default of 64 MiB, which CUDA and torch may exceed."""
    scratch: str = "20Gi"
    """Size of /tmp on the node's disk, for unpacked files and renders."""
    time_limit_seconds: int = 3600
    """Time limit of one try, in seconds from the start of its pod."""
    retries: int = 2
    """Retries after a failure, a lost node or running out of memory; never because of bad photos."""
    backoff_seconds: int = 30
    """Wait before the first retry, in seconds; it doubles with each retry."""
    caching: bool = True
    """Whether Kubeflow may reuse the result of an equal task of an earlier run."""
    pool: Pool = "cpu"
    """Preferred pool of nodes."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables."""

    def __post_init__(self) -> None:
        _check_number("cpus", self.cpus, 0.1, 256)
        _check_number("gpus", self.gpus, 0, 8)
        _check_number("time_limit_seconds", self.time_limit_seconds, 60, 7 * 86_400)
        _check_number("retries", self.retries, 0, 20)
        _check_number("backoff_seconds", self.backoff_seconds, 0, 3600)
        for name in ("memory", "scratch", "shared_memory"):
            _check_quantity(name, getattr(self, name), optional=name == "shared_memory")
        if not isinstance(self.caching, bool):
            raise ValueError(f"caching is {self.caching!r}; it must be true or false")
        if self.pool not in get_args(Pool):
            raise ValueError(f"pool is {self.pool!r}; it must be {' or '.join(get_args(Pool))}")
        if self.gpus and self.pool != "gpu":
            raise ValueError(f"pool is {self.pool!r} with {self.gpus} GPUs; it must be gpu")
        strings = isinstance(self.environment, Mapping) and all(
            isinstance(each, str) for pair in self.environment.items() for each in pair
        )
        if not strings:
            raise ValueError(f"environment is {self.environment!r}; it must be a mapping of names to strings")

    @property
    def retry_window_seconds(self) -> int:
        """Time limit of all tries together, with the waits for nodes.

        Argo counts from the start of the first try and kills a try that still runs at the end. Its default of
        an hour would end the second try of a long training.
        """
        waits = sum(self.backoff_seconds * 2**number for number in range(self.retries))
        tries = self.retries + 1
        return tries * (self.time_limit_seconds + _NODE_START_SECONDS) + waits + _NODE_WAIT_SECONDS


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """Settings that all tasks share: names of the cluster's nodes and secrets, limits."""

    gpu_instance_types: tuple[str, ...] = ("g5.xlarge", "g5.2xlarge", "g5.4xlarge")
    """Instance types of GPU nodes, by the label `node.kubernetes.io/instance-type`."""
    gpu_products: tuple[str, ...] = ("NVIDIA-A10G",)
    """Alternatively GPU models, by the label `nvidia.com/gpu.product`."""
    gpu_resource: str = "nvidia.com/gpu"
    """Name of the GPU resource, and key of the taint of GPU nodes."""
    pool_label: str = "kubesplat/pool"
    """Label of nodes with the pool's name. Tasks without a GPU prefer their pool, else run elsewhere."""
    s3_secret: str = "kubesplat-s3"
    """Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; optional."""
    notify_secret: str = "kubesplat-notify"
    """Secret with the addresses and the key of notifications, for the exit tasks alone; optional."""
    environment_config_map: str = "kubesplat-environment"
    """ConfigMap with AWS_ENDPOINT_URL, AWS_REGION, KUBESPLAT_PUSHGATEWAY, and what links need; optional."""
    image_pull_secret: str = ""
    """Secret for a private registry; empty: none."""
    queue: str = ""
    """Kueue's LocalQueue for tasks with a GPU, in the namespace of runs; empty: they are not queued."""
    queue_priority: str = ""
    """Kueue's WorkloadPriorityClass of those tasks; empty: priority 0."""
    queue_hours: int = 24
    """Longest wait in the queue, in hours, by which the time limit of all tries together is extended."""
    captures_at_once: int = 3
    """Number of captures of an inbox that are processed in parallel."""
    reuse_days: int = 14
    """Maximum age of reused results of Kubeflow's cache, in days. The bucket's lifecycle must keep artifacts
    for this time and the duration of a run; the one in manifests/ keeps them for 30 days."""
    most_tries: int = 16
    """Maximum number of tries of all stages of a capture's run together; a run without retries has 7, with an
    inspection 8."""
    user: int = 10001
    """User and group id of the tasks; never root."""

    def __post_init__(self) -> None:
        for name in ("gpu_instance_types", "gpu_products"):
            value = getattr(self, name)
            if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
                raise ValueError(f"{name} is {value!r}; it must be a list of names")
        if not self.gpu_instance_types and not self.gpu_products:
            raise ValueError(
                "gpu_instance_types and gpu_products are both empty; one of them must name a GPU"
            )
        for name in ("gpu_resource", "pool_label", "s3_secret", "notify_secret", "environment_config_map"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be a name")
        for name in ("image_pull_secret", "queue", "queue_priority"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be a name or empty")
        if self.queue_priority and not self.queue:
            raise ValueError(f"queue_priority is {self.queue_priority!r} without a queue; name the queue too")
        _check_number("queue_hours", self.queue_hours, 1, 24 * 30)
        _check_number("captures_at_once", self.captures_at_once, 1, 100)
        _check_number("reuse_days", self.reuse_days, 1, 3650)
        _check_number("most_tries", self.most_tries, 7, 1000)
        _check_number("user", self.user, 1, 2**31 - 1)


def _check_number(name: str, value: object, low: float, high: float) -> None:
    whole = low == int(low)
    kind = "a whole number" if whole else "a number"
    fits = isinstance(value, int) or (isinstance(value, float) and not whole)
    if not fits or isinstance(value, bool) or not low <= value <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {value!r}; it must be {kind} from {low:g} to {high:g}")


def _check_quantity(name: str, value: object, *, optional: bool) -> None:
    if optional and value is None:
        return
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ValueError(f"{name} is {value!r}; it must be a size such as 500Mi, 8Gi or 1Ti")
