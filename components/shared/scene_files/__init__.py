"""Scenes of Gaussians as files of any format: the table of formats, and one reader of all. See README.md."""
