"""The state of a run: what its stages stored, its pods, and the task details of Kubeflow."""
