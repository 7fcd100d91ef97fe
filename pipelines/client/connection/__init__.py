"""The connection to Kubeflow Pipelines: address, token, time limits, retries, typed errors."""
