"""One capture to one scene: the pipeline, and its run on one machine."""
