"""`kubesplat doctor`: whether a cluster can run the pipelines, and what to do where it cannot."""
