"""Runs and schedules on a Kubeflow Pipelines installation: a thin layer over `kfp.Client`."""
