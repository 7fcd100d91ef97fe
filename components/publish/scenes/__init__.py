"""Versions of scenes, `scenes/<scene>/<version>/…`: the latest, the page of all, and what is kept."""
