"""Default settings of the tasks, for nodes with one A10G (g5) and CPU nodes of 8 cores and 16 GiB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from components.shared.environment import METRICS_PORT_VARIABLE
from components.shared.stages import CONCLUDE
from pipelines.task_settings.settings import ClusterSettings, TaskSettings

_HOUR = 3600

TASKS: Mapping[str, TaskSettings] = MappingProxyType(
    {
        # Not cached: the files at an address may change between runs.
        "list-capture": TaskSettings(
            cpus=0.5, memory="1Gi", scratch="1Gi", time_limit_seconds=900, caching=False
        ),
        # As ingest, which it comes before: it fetches and checks the same photos, then matches small images.
        # Without an inspection it comes from the cache, after the first time.
        "inspect": TaskSettings(cpus=2, memory="4Gi", scratch="100Gi", time_limit_seconds=2 * _HOUR),
        "ingest": TaskSettings(cpus=2, memory="4Gi", scratch="100Gi", time_limit_seconds=2 * _HOUR),
        "sfm": TaskSettings(cpus=7, memory="13Gi", scratch="50Gi", time_limit_seconds=8 * _HOUR),
        # OMP_NUM_THREADS: numba has its own threads, and torch's would compete with them.
        # retries: spot nodes are reclaimed, and each try resumes from the last checkpoint.
        "train": TaskSettings(
            cpus=3,
            memory="12Gi",
            gpus=1,
            shared_memory="2Gi",
            scratch="50Gi",
            time_limit_seconds=6 * _HOUR,
            retries=5,
            backoff_seconds=60,
            pool="gpu",
            environment={"OMP_NUM_THREADS": "1", METRICS_PORT_VARIABLE: "8000"},
        ),
        "compress": TaskSettings(
            cpus=3, memory="12Gi", gpus=1, shared_memory="1Gi", time_limit_seconds=_HOUR, pool="gpu"
        ),
        "evaluate": TaskSettings(cpus=4, memory="8Gi", scratch="50Gi", time_limit_seconds=2 * _HOUR),
        "publish": TaskSettings(
            cpus=1, memory="2Gi", scratch="50Gi", time_limit_seconds=_HOUR, caching=False
        ),
        CONCLUDE: TaskSettings(cpus=0.5, memory="1Gi", scratch="1Gi", time_limit_seconds=900, caching=False),
        "inbox": TaskSettings(cpus=0.5, memory="1Gi", scratch="1Gi", time_limit_seconds=1800, caching=False),
    }
)
"""Settings by the value of the pods' label `kubesplat/stage`."""


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """Settings that a package is compiled with."""

    tasks: Mapping[str, TaskSettings] = field(default_factory=lambda: TASKS)
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
