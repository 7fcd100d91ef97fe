"""The container images that the faces are compiled for: the one place that names them.

A cluster pulls them by digest: set both variables when compiling, for Kubeflow's cache key holds the
image's string, not its content.
"""

from __future__ import annotations

import os

CPU_IMAGE = os.environ.get("KUBESPLAT_CPU_IMAGE", "kubesplat/cpu:0.1.0")
"""For ingest, sfm, evaluate and publish."""

GPU_IMAGE = os.environ.get("KUBESPLAT_GPU_IMAGE", "kubesplat/gpu:0.1.0")
"""For train and compress."""
