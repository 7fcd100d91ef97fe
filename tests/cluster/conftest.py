"""The overlays as kubectl builds them; no cluster is needed."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

MANIFESTS = Path(__file__).parents[2] / "manifests"
OVERLAYS = sorted(path.parent.name for path in MANIFESTS.glob("overlays/*/kustomization.yaml"))


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Objects of each overlay, with the examples as secrets."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    copy = shutil.copytree(MANIFESTS, tmp_path_factory.mktemp("manifests") / "manifests")
    for example in copy.glob("overlays/*/*.env.example"):
        shutil.copy(example, example.with_suffix(""))
    return {overlay: build(copy / "overlays" / overlay) for overlay in OVERLAYS}


def build(overlay):
    run = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return list(yaml.safe_load_all(run.stdout))
