import re
from dataclasses import replace

import numpy as np

from components.evaluate.report.scene_map import maps
from tests.toy_world import HELD_OUT


def test_maps_show_every_camera_where_it_stands(posed_scene):
    above, side = maps(posed_scene, HELD_OUT)
    for map_ in (above, side):
        assert map_.count('class="camera') == len(posed_scene.views)
        assert map_.count('class="camera held-out"') == len(HELD_OUT)
        assert map_.count("data:image/webp") == 1
    places = np.array([list(map(float, m)) for m in re.findall(r'd="M([\d.]+) ([\d.]+)L', above)])
    centers = np.array([view.camera.center for view in posed_scene.views])
    assert np.corrcoef(places[:, 0], centers[:, 0])[0, 1] > 0.9999
    assert np.corrcoef(places[:, 1], -centers[:, 2])[0, 1] > 0.9999
    assert re.search(r">\d+(\.\d+)? m</text>", above)


def test_maps_survive_a_scene_without_points(posed_scene):
    empty = replace(posed_scene, points=np.zeros((0, 3)), point_colors=np.zeros((0, 3), np.uint8))
    above, _ = maps(empty, [])
    assert above.count('class="camera') == len(posed_scene.views)
