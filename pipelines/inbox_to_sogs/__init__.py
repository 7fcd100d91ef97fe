"""Every new capture under a prefix to a scene: the pipeline for recurring runs."""
