from importlib.metadata import version

from components.shared.container_images import cpu_image, gpu_image


def test_images_are_those_of_this_version_by_default(monkeypatch):
    monkeypatch.delenv("KUBESPLAT_CPU_IMAGE", raising=False)
    monkeypatch.delenv("KUBESPLAT_GPU_IMAGE", raising=False)
    assert cpu_image() == f"kubesplat/cpu:{version('kubesplat')}"
    assert gpu_image() == f"kubesplat/gpu:{version('kubesplat')}"


def test_the_environment_names_other_images_at_any_time(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_CPU_IMAGE", "registry.example.org/cpu@sha256:1")
    monkeypatch.setenv("KUBESPLAT_GPU_IMAGE", "registry.example.org/gpu@sha256:2")
    assert cpu_image() == "registry.example.org/cpu@sha256:1"
    assert gpu_image() == "registry.example.org/gpu@sha256:2"
