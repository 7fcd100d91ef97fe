"""Names of all environment variables that kubesplat reads; AWS and Kubeflow name their own."""

from __future__ import annotations

RUN_VARIABLE = "KUBESPLAT_RUN"
"""Id of the Kubeflow run. Unset on one machine, where tries are not counted."""
RUN_FOLDER_VARIABLE = "KUBESPLAT_RUN_FOLDER"
"""Folder or s3:// prefix of the run; unset on Kubeflow, where it follows from the pipeline root."""
MOST_TRIES_VARIABLE = "KUBESPLAT_MOST_TRIES"
"""Limit of the tries of all stages of a run together; unset: only each stage's own limit holds."""

GPUS_VARIABLE = "KUBESPLAT_GPUS"
"""Number of GPUs that the task requests; unset for a task without GPUs."""
NODE_VARIABLE = "KUBESPLAT_NODE"
"""Name of the Kubernetes node, for error messages."""

ARTIFACTS_VARIABLE = "KUBESPLAT_ARTIFACTS"
"""s3:// prefix for artifacts between stages; unset: they stay on the local disk."""
PROGRESS_FILE_VARIABLE = "KUBESPLAT_PROGRESS"
"""File that progress events are appended to as JSON lines; unset: plain lines on stdout."""

METRICS_PORT_VARIABLE = "KUBESPLAT_METRICS_PORT"
"""Port on which training serves /metrics; unset: no server."""
PUSHGATEWAY_VARIABLE = "KUBESPLAT_PUSHGATEWAY"
"""Address of the Prometheus Pushgateway; unset: nothing is pushed."""

CPU_IMAGE_VARIABLE = "KUBESPLAT_CPU_IMAGE"
"""Container image of the tasks without GPUs, read when a pipeline package is compiled."""
GPU_IMAGE_VARIABLE = "KUBESPLAT_GPU_IMAGE"
"""Container image of training and compression, read when a pipeline package is compiled."""
SFM_GPU_IMAGE_VARIABLE = "KUBESPLAT_SFM_GPU_IMAGE"
"""Container image of structure from motion on a GPU, read when a pipeline package is compiled."""
VIEWER_FOLDER_VARIABLE = "KUBESPLAT_VIEWER"
"""Folder of the installed viewer; unset: `share/kubesplat/viewer` of the Python environment."""
