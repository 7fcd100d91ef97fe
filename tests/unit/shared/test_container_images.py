import subprocess
from importlib.metadata import version
from pathlib import Path

from components.shared.container_images import cpu_image, gpu_image, sfm_gpu_image


def test_images_are_those_of_this_version_by_default(monkeypatch):
    monkeypatch.delenv("KUBESPLAT_CPU_IMAGE", raising=False)
    monkeypatch.delenv("KUBESPLAT_GPU_IMAGE", raising=False)
    monkeypatch.delenv("KUBESPLAT_SFM_GPU_IMAGE", raising=False)
    assert cpu_image() == f"kubesplat/cpu:{version('kubesplat')}"
    assert gpu_image() == f"kubesplat/gpu:{version('kubesplat')}"
    assert sfm_gpu_image() == f"kubesplat/sfm-gpu:{version('kubesplat')}"


def test_the_environment_names_other_images_at_any_time(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_CPU_IMAGE", "registry.example.org/cpu@sha256:1")
    monkeypatch.setenv("KUBESPLAT_GPU_IMAGE", "registry.example.org/gpu@sha256:2")
    monkeypatch.setenv("KUBESPLAT_SFM_GPU_IMAGE", "registry.example.org/sfm-gpu@sha256:3")
    assert cpu_image() == "registry.example.org/cpu@sha256:1"
    assert gpu_image() == "registry.example.org/gpu@sha256:2"
    assert sfm_gpu_image() == "registry.example.org/sfm-gpu@sha256:3"


def test_make_tags_images_with_the_version_of_the_package():
    root = Path(__file__).resolve().parents[3]
    command = ["make", "--silent", "--dry-run", "push-cpu", "REGISTRY=registry.example.org", "BUILDER=docker"]
    push = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert push.strip() == f"docker push registry.example.org/kubesplat/cpu:{version('kubesplat')}"
