"""Poses of cameras along paths: cam_from_world [3, 4], in a world with z up."""

from __future__ import annotations

import numpy as np


def look_at(center: np.ndarray, target: np.ndarray, *, roll_degrees: float = 0.0) -> np.ndarray:
    """A camera at `center` that looks at `target`, held level and then rolled clockwise."""
    return _pose(center, np.asarray(target, float) - center, np.array([0.0, 0.0, 1.0]), roll_degrees)


def look_along(center: np.ndarray, yaw_degrees: float, pitch_degrees: float = 0.0) -> np.ndarray:
    """A level camera; yaw is clockwise from north, pitch upwards from the horizon."""
    yaw, pitch = np.radians(yaw_degrees), np.radians(pitch_degrees)
    forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    return _pose(np.asarray(center, float), forward, np.array([0.0, 0.0, 1.0]), 0.0)


def look_down(center: np.ndarray, yaw_degrees: float, tilt_degrees: float = 0.0) -> np.ndarray:
    """A camera in the air: the top of the photo is towards `yaw`, the axis tilted so far forward."""
    yaw, tilt = np.radians(yaw_degrees), np.radians(tilt_degrees)
    ahead = np.array([np.sin(yaw), np.cos(yaw), 0.0])
    forward = np.sin(tilt) * ahead - np.cos(tilt) * np.array([0.0, 0.0, 1.0])
    return _pose(np.asarray(center, float), forward, ahead, 0.0)


def upright(pose: np.ndarray) -> np.ndarray:
    """The same camera turned for a portrait photo: its pixels need EXIF's orientation 6 to be upright."""
    right, down, forward = pose[:, :3]
    center = -pose[:, :3].T @ pose[:, 3]
    rotation = np.stack([down, -right, forward])
    return np.column_stack([rotation, -rotation @ center])


def ring(count: int, radius: float, height: float, *, seed: int, arc_degrees: float = 360.0) -> np.ndarray:
    """Places [count, 3] around the origin, clockwise from the south, with a hand's unsteadiness."""
    angles = np.radians(arc_degrees) * np.arange(count) / count
    places = np.column_stack(
        [-radius * np.sin(angles), -radius * np.cos(angles), height + 0.15 * radius * np.sin(3 * angles)]
    )
    return places + 0.02 * radius * np.random.default_rng([seed, 1]).uniform(-1, 1, places.shape)


def _pose(center: np.ndarray, forward: np.ndarray, up: np.ndarray, roll_degrees: float) -> np.ndarray:
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = np.cos(np.radians(roll_degrees)), np.sin(np.radians(roll_degrees))
    rotation = np.stack([cos * right + sin * down, cos * down - sin * right, forward])
    return np.column_stack([rotation, -rotation @ center])
