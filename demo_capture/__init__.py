"""A small scene of the project's own, rendered to photos whose poses and geometry are known exactly."""
