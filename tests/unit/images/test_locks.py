"""The locks list all that pyproject.toml asks for, in versions that it allows, each file with its hash."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
IMAGES = ROOT / "images"
LOCKS = sorted(str(path.relative_to(IMAGES)) for path in IMAGES.rglob("*.lock"))
EXTRAS = {
    "constraints.txt": ["dev", "train-gpu"],
    "images/cpu/requirements.lock": ["all"],
    "images/gpu/requirements.lock": ["all", "train-gpu"],
    "images/sfm-gpu/requirements.lock": ["sfm", "pipelines"],
}
REPLACED = {"images/sfm-gpu/requirements.lock": {"pycolmap": "pycolmap-cuda12"}}
"""Packages that a lock has in the place of others, of the same version."""


def pinned(lock):
    """{name: version} of a lock or constraints file."""
    pairs = re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), flags=re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def required(extras):
    """Requirements of the package and of its extras, those of its own that they name included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = [Requirement(line) for line in project["dependencies"]]
    for extra in extras:
        for requirement in map(Requirement, project["optional-dependencies"][extra]):
            own = requirement.name == project["name"]
            found += required(sorted(requirement.extras)) if own else [requirement]
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_file_has_a_hash(name):
    entries = re.split(r"\n(?=\S)", (IMAGES / name).read_text().strip())
    assert entries
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_meets_what_pyproject_asks_for(name):
    lock = pinned(ROOT / name)
    for package, other in REPLACED.get(name, {}).items():
        assert package not in lock
        lock[package] = lock.pop(other)
    wanted = required(EXTRAS[name])
    missing = {each.name for each in wanted} - {
        each.name for each in wanted if canonicalize_name(each.name) in lock
    }
    assert missing == set(), "run `make lock`"
    assert [
        str(each) for each in wanted if not each.specifier.contains(lock[canonicalize_name(each.name)])
    ] == []


@pytest.mark.parametrize("image", ["cpu", "gpu", "sfm-gpu"])
def test_an_image_runs_the_versions_that_the_tests_ran_with(image):
    tested = pinned(ROOT / "constraints.txt")
    lock = pinned(IMAGES / image / "requirements.lock")
    differing = {
        name: (str(version), str(tested[name]))
        for name, version in lock.items()
        if name in tested and version.public != tested[name].public
    }
    if image == "sfm-gpu":
        del differing["cuda-toolkit"]  # that of pycolmap; see the next test
    assert differing == {}, "run `make lock`"


def test_sfm_on_a_gpu_runs_the_pycolmap_of_the_tests_on_its_own_cuda():
    lock = pinned(IMAGES / "sfm-gpu" / "requirements.lock")
    assert lock["pycolmap-cuda12"] == pinned(ROOT / "constraints.txt")["pycolmap"]
    assert {lock[name].major for name in ("cuda-toolkit", "nvidia-cuda-runtime-cu12")} == {12}
    assert "nvidia-curand-cu12" in lock
    assert "torch" not in lock


def test_gsplat_is_compiled_with_the_cuda_that_torch_brings():
    cuda = {
        name: pinned(IMAGES / "gpu" / lock)["nvidia-cuda-runtime"]
        for name, lock in (("torch", "requirements.lock"), ("nvcc", "nvcc.lock"))
    }
    assert cuda["torch"] == cuda["nvcc"]
    nvcc = pinned(IMAGES / "gpu" / "nvcc.lock")["nvidia-cuda-nvcc"]
    assert nvcc.release[:2] == cuda["torch"].release[:2]


def test_triton_s_launcher_is_one_module_for_all_kernels():
    # Before 3.7 each kernel's signature has its own, and needs a C compiler where it runs.
    assert pinned(IMAGES / "gpu" / "requirements.lock")["triton"] >= Version("3.7")
