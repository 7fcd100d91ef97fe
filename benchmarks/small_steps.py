"""Pairs of photos of a synthetic scene between which the camera took a small step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image

from benchmarks.copies import encoded, grainy, toned
from components.shared.scene import Camera
from demo_capture.light import LitScene, light_scene
from demo_capture.path import look_at
from demo_capture.render import render
from demo_capture.scene import Surface, build_scene
from demo_capture.shapes import Plane
from demo_capture.textures import masonry

WIDTH, HEIGHT, FOCAL_PX = 640, 480, 560.0
MOVES = ("sideways", "forward", "orbit", "up")

LOOKS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "daylight": lambda photo, seed: encoded(grainy(photo, 2, seed)),
    "noise": lambda photo, seed: encoded(grainy(photo, 5, seed)),
    "strong compression": lambda photo, seed: encoded(grainy(photo, 2, seed), quality=30),
    "low contrast": lambda photo, seed: encoded(grainy(toned(photo, lambda x: 0.45 + 0.1 * x), 2, seed)),
    "dark": lambda photo, seed: encoded(grainy(toned(photo, lambda x: 0.08 * x), 4, seed)),
}
"""What light and camera make of a render; the seed is that of the noise."""


def scenes() -> dict[str, tuple[LitScene, np.ndarray]]:
    """Scenes of different depth, each with a place [3] for the camera, which looks at the origin, metres."""
    brick = partial(masonry.bricks, base=(0.6, 0.3, 0.2), mortar=(0.7, 0.7, 0.65))
    wall = Plane(np.array([-6.0, -4.0, 0.0]), np.array([12.0, 0.0, 0.0]), np.array([0.0, 8.0, 0.0]))
    place = np.array([1.5, -0.65, -2.65])
    return {
        "room": (light_scene(build_scene(), seed=0), place),
        "objects on black": (light_scene(build_scene()[1:], seed=0), place),
        "brick wall": (
            light_scene([[Surface(wall, brick)]], seed=0, coarseness=2.0),
            np.array([0.3, -0.1, -3.0]),
        ),
    }


def photo(scene: LitScene, place: np.ndarray, move: str = "sideways", step: float = 0.0) -> Image.Image:
    """The photo after a step, as a fraction of the distance to the origin; in an orbit, in radians."""
    distance = float(np.linalg.norm(place))
    right = np.cross([0.0, 1.0, 0.0], -place) / np.hypot(place[0], place[2])
    target = np.zeros(3)
    if move == "sideways":
        place, target = place + step * distance * right, step * distance * right
    elif move == "forward":
        place = (1.0 - step) * place
    elif move == "orbit":
        place = np.cos(step) * place + np.sin(step) * distance * right
    else:
        place = place - np.array([0.0, step * distance, 0.0])
    K = np.array([[FOCAL_PX, 0.0, WIDTH / 2], [0.0, FOCAL_PX, HEIGHT / 2], [0.0, 0.0, 1.0]])
    return Image.fromarray(render(scene, Camera(look_at(place, target), K, WIDTH, HEIGHT)))
