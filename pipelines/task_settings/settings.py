"""What a task may be given, and what it is given by default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

POOLS = ("cpu", "gpu")

_QUANTITY = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti|K|M|G|T)")
_NODE_WAIT_SECONDS = 3600
_NODE_START_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """One task's pod. What it asks for is also its limit, so that no neighbour takes it away."""

    cpus: float
    """CPU cores."""
    memory: str
    """Memory, shared memory included, as Kubernetes writes it: 8Gi is 8 times 2^30 bytes."""
    gpus: int = 0
    """GPUs; with 0 the task runs on any node, training and compression with it, only slower."""
    shared_memory: str | None = None
    """Size of /dev/shm; None leaves the 64 MiB that a container has, which CUDA and torch may exceed."""
    scratch: str = "20Gi"
    """Size of /tmp, on the node's disk: what a task unpacks and renders."""
    time_limit_seconds: int = 3600
    """One try may take so long, in seconds from the start of its pod."""
    retries: int = 2
    """Further tries after a failure, a lost node or a full memory. Bad photos are never tried twice."""
    backoff_seconds: int = 30
    """Time before the second try, in seconds; it doubles from try to try."""
    caching: bool = True
    """Take the result of an equal task of an earlier run, as Kubeflow finds it."""
    pool: str = "cpu"
    """`cpu` or `gpu`: the nodes that carry the label `kubesplat/pool` with this value."""
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
            raise ValueError(f"caching is {self.caching!r}; allowed are true and false")
        if self.pool not in POOLS:
            raise ValueError(f"pool is {self.pool!r}; allowed are {', '.join(POOLS)}")
        if self.gpus and self.pool != "gpu":
            raise ValueError(f"pool is {self.pool!r} with {self.gpus} GPUs; allowed is gpu")
        strings = isinstance(self.environment, Mapping) and all(
            isinstance(each, str) for pair in self.environment.items() for each in pair
        )
        if not strings:
            raise ValueError(f"environment is {self.environment!r}; allowed are names with strings")

    @property
    def retry_window_seconds(self) -> int:
        """All tries together, with the time until each has a node.

        Argo counts this from the start of the first try and kills what still runs then; the default of
        an hour would end the second try of a long training.
        """
        waits = sum(self.backoff_seconds * 2**number for number in range(self.retries))
        tries = self.retries + 1
        return tries * (self.time_limit_seconds + _NODE_START_SECONDS) + waits + _NODE_WAIT_SECONDS


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """What is the same for all tasks: how the cluster names its nodes and secrets."""

    gpu_instance_types: tuple[str, ...] = ("g5.xlarge", "g5.2xlarge", "g5.4xlarge")
    """Machine types with one A10G, by the label `node.kubernetes.io/instance-type`."""
    gpu_products: tuple[str, ...] = ("NVIDIA-A10G",)
    """Or, off AWS, GPUs by the label `nvidia.com/gpu.product`."""
    gpu_resource: str = "nvidia.com/gpu"
    """The resource's name, and the key of the taint that keeps others off GPU nodes."""
    pool_label: str = "kubesplat/pool"
    """Label of nodes; tasks without a GPU prefer their pool, but run where there is none."""
    s3_secret: str = "kubesplat-s3"
    """Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; it need not exist."""
    environment_config_map: str = "kubesplat-environment"
    """ConfigMap with AWS_ENDPOINT_URL, AWS_REGION and KUBESPLAT_PUSHGATEWAY; it need not exist."""
    image_pull_secret: str = ""
    """Secret for a private registry; empty: none."""
    captures_at_once: int = 3
    """So many captures of an inbox are worked on side by side."""
    reuse_days: int = 14
    """No result older than this is taken from Kubeflow's cache, in days; the bucket's lifecycle must leave
    artifacts for as long and the time of a run, ours leaves 30 days."""
    most_tries: int = 16
    """So often the stages of a capture's run may be begun, all together; each one once makes 7."""
    user: int = 10001
    """User and group that tasks run as, never root."""

    def __post_init__(self) -> None:
        for name in ("gpu_instance_types", "gpu_products"):
            value = getattr(self, name)
            if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
                raise ValueError(f"{name} is {value!r}; allowed is a list of names")
        if not self.gpu_instance_types and not self.gpu_products:
            raise ValueError(
                "gpu_instance_types and gpu_products are both empty; one of them must name a GPU"
            )
        for name in ("gpu_resource", "pool_label", "s3_secret", "environment_config_map"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed is a name")
        if not isinstance(self.image_pull_secret, str):
            raise ValueError(
                f"image_pull_secret is {self.image_pull_secret!r}; allowed is a name, or nothing"
            )
        _check_number("captures_at_once", self.captures_at_once, 1, 100)
        _check_number("reuse_days", self.reuse_days, 1, 3650)
        _check_number("most_tries", self.most_tries, 7, 1000)
        _check_number("user", self.user, 1, 2**31 - 1)


def _check_number(name: str, value: object, low: float, high: float) -> None:
    whole = low == int(low)
    kind = "a whole number" if whole else "a number"
    fits = isinstance(value, int) or (isinstance(value, float) and not whole)
    if not fits or isinstance(value, bool) or not low <= value <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {value!r}; allowed is {kind} from {low:g} to {high:g}")


def _check_quantity(name: str, value: object, *, optional: bool) -> None:
    if optional and value is None:
        return
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ValueError(f"{name} is {value!r}; allowed is a size such as 500Mi, 8Gi or 1Ti")
