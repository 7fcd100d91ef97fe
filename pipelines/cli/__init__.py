"""The kubesplat command: one file per command."""
