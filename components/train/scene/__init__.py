"""Training views and lengths of the scene."""
