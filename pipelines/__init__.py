"""Pipelines built from the stages, and the command that runs them."""
