"""Resources, time limits and retries of each task on a cluster."""
