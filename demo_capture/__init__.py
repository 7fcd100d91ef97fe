"""A synthetic scene, rendered to photos with exactly known poses and geometry."""
