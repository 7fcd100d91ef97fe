"""What the commands do that talk to Kubeflow Pipelines: submit, schedule, status --wait."""
