"""What the tests of videos share."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def frames(run, tmp_path):
    """Ingest a film; the content of capture.json and the frames as arrays."""

    def frames(path, **settings):
        content = run(path, **settings)
        folder = tmp_path / "artifacts" / "capture"
        return content, [np.asarray(Image.open(folder / name).convert("RGB")) for name in content["names"]]

    return frames
