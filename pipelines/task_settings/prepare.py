"""Apply task settings to a task of Kubeflow Pipelines."""

from __future__ import annotations

from importlib.metadata import version

from kfp import dsl, kubernetes
from kfp.dsl.pipeline_channel import PipelineParameterChannel

from components.shared.container_images import sfm_gpu_image
from components.shared.environment import (
    GPUS_VARIABLE,
    KUBEFLOW_UI_VARIABLE,
    LINKS_VARIABLE,
    MOST_TRIES_VARIABLE,
    NODE_VARIABLE,
    NOTIFY_ON_VARIABLE,
    PUSHGATEWAY_VARIABLE,
    RUN_VARIABLE,
    SLACK_URL_VARIABLE,
    WEBHOOK_SECRET_VARIABLE,
    WEBHOOK_URL_VARIABLE,
)
from components.shared.stages import CONCLUDE
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.settings import ClusterSettings, TaskSettings

_RUN_LABEL = "pipeline/runid"
_S3_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_ENVIRONMENT_KEYS = ("AWS_ENDPOINT_URL", "AWS_REGION", PUSHGATEWAY_VARIABLE)
_NOTIFYING = (CONCLUDE, "inbox")
"""Only these get the secrets of notifications: other tasks decode photos of strangers."""
_NOTIFY_SECRETS = (WEBHOOK_URL_VARIABLE, WEBHOOK_SECRET_VARIABLE, SLACK_URL_VARIABLE)
_NOTIFY_KEYS = (NOTIFY_ON_VARIABLE, LINKS_VARIABLE, KUBEFLOW_UI_VARIABLE)
_AFFINITY_WEIGHT = 100
_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
_QUEUE_PRIORITY_LABEL = "kueue.x-k8s.io/priority-class"


def prepare(
    task: dsl.PipelineTask,
    stage: str,
    settings: PipelineSettings,
    *,
    memory: PipelineParameterChannel | None = None,
) -> dsl.PipelineTask:
    """Apply the settings of `stage` to `task`; a pipeline parameter `memory` replaces the memory setting."""
    own = settings.tasks[stage]
    _set_image(task, stage, own)
    _set_resources(task, own, settings.cluster, memory)
    _mount_volumes(task, own)
    _set_affinity(task, own, settings.cluster)
    _set_environment(task, own, settings.cluster)
    if stage in _NOTIFYING:
        _set_notifications(task, settings.cluster)
    _set_labels(task, stage)
    queued = _queue(task, own, settings.cluster)
    user = settings.cluster.user
    kubernetes.set_security_context(task, run_as_user=user, run_as_group=user, run_as_non_root=True)
    kubernetes.set_timeout(task, own.time_limit_seconds)
    task.set_caching_options(own.caching)
    return task.set_retry(
        num_retries=own.retries,
        backoff_duration=f"{own.backoff_seconds}s",
        backoff_factor=2,
        backoff_max_duration=f"{own.retry_window_seconds + queued}s",
    )


def _set_image(task: dsl.PipelineTask, stage: str, own: TaskSettings) -> None:
    """Another image for sfm on a GPU; train and compress have theirs for both."""
    if stage == "sfm" and own.gpus:
        task.set_container_image(sfm_gpu_image())


def _set_resources(
    task: dsl.PipelineTask,
    own: TaskSettings,
    cluster: ClusterSettings,
    memory: PipelineParameterChannel | None,
) -> None:
    if memory is not None:
        task.register_pipeline_channels([memory])  # kfp does not, and task groups would not pass it on
    cpus = f"{own.cpus:g}"
    task.set_cpu_request(cpus).set_cpu_limit(cpus)
    task.set_memory_request(memory or own.memory).set_memory_limit(memory or own.memory)
    if own.gpus:
        task.set_accelerator_type(cluster.gpu_resource).set_accelerator_limit(own.gpus)


def _mount_volumes(task: dsl.PipelineTask, own: TaskSettings) -> None:
    # Not a volume claim: root would own it, and Kubeflow cannot set a pod's fsGroup.
    kubernetes.empty_dir_mount(task, "scratch", "/tmp", size_limit=own.scratch)
    if own.shared_memory:
        kubernetes.empty_dir_mount(
            task, "shared-memory", "/dev/shm", medium="Memory", size_limit=own.shared_memory
        )


def _set_affinity(task: dsl.PipelineTask, own: TaskSettings, cluster: ClusterSettings) -> None:
    """Prefer the pool for a CPU task; for a GPU task require one of the terms without a weight."""
    if not own.gpus:
        in_pool = {"key": cluster.pool_label, "operator": "In", "values": [own.pool]}
        kubernetes.add_node_affinity(task, match_expressions=[in_pool], weight=_AFFINITY_WEIGHT)
        return
    for label, values in (
        ("node.kubernetes.io/instance-type", cluster.gpu_instance_types),
        (f"{cluster.gpu_resource}.product", cluster.gpu_products),
    ):
        if values:
            term = {"key": label, "operator": "In", "values": list(values)}
            kubernetes.add_node_affinity(task, match_expressions=[term])
    kubernetes.add_toleration(task, key=cluster.gpu_resource, operator="Exists", effect="NoSchedule")


def _set_environment(task: dsl.PipelineTask, own: TaskSettings, cluster: ClusterSettings) -> None:
    for name, value in sorted(own.environment.items()):
        task.set_env_variable(name, value)
    kubernetes.use_secret_as_env(task, cluster.s3_secret, {key: key for key in _S3_KEYS}, optional=True)
    kubernetes.use_config_map_as_env(
        task, cluster.environment_config_map, {key: key for key in _ENVIRONMENT_KEYS}, optional=True
    )
    # Not a parameter: the cache key would contain it, and no two runs would share a result.
    kubernetes.use_field_path_as_env(task, RUN_VARIABLE, f"metadata.labels['{_RUN_LABEL}']")
    task.set_env_variable(MOST_TRIES_VARIABLE, str(cluster.most_tries))
    if own.gpus:
        task.set_env_variable(GPUS_VARIABLE, str(own.gpus))
        kubernetes.use_field_path_as_env(task, NODE_VARIABLE, "spec.nodeName")
    if cluster.image_pull_secret:
        kubernetes.set_image_pull_secrets(task, [cluster.image_pull_secret])


def _set_notifications(task: dsl.PipelineTask, cluster: ClusterSettings) -> None:
    secrets, keys = ({key: key for key in names} for names in (_NOTIFY_SECRETS, _NOTIFY_KEYS))
    kubernetes.use_secret_as_env(task, cluster.notify_secret, secrets, optional=True)
    kubernetes.use_config_map_as_env(task, cluster.environment_config_map, keys, optional=True)


def _queue(task: dsl.PipelineTask, own: TaskSettings, cluster: ClusterSettings) -> int:
    """Let Kueue admit the pods of a GPU task. Returns the longest wait, in seconds, of all tries together.

    A pod waits with a scheduling gate. Its time limit starts with its container; that of all tries does not.
    """
    if not own.gpus or not cluster.queue:
        return 0
    kubernetes.add_pod_label(task, _QUEUE_LABEL, cluster.queue)
    if cluster.queue_priority:
        kubernetes.add_pod_label(task, _QUEUE_PRIORITY_LABEL, cluster.queue_priority)
    return cluster.queue_hours * 3600 * (own.retries + 1)


def _set_labels(task: dsl.PipelineTask, stage: str) -> None:
    for name, value in (
        ("app.kubernetes.io/part-of", "kubesplat"),
        ("app.kubernetes.io/version", version("kubesplat")),
        ("kubesplat/stage", stage),
    ):
        kubernetes.add_pod_label(task, name, value)
