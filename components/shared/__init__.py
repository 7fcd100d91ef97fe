"""Modules that at least two stages use. See README.md."""
