"""Rendered captures with exact truth, for tests and benchmarks: photos as cameras write them, and poses."""
