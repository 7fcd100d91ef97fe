"""The project's images as podman runs them, with the least a pod can be given."""

import shutil
import subprocess

import pytest

_TIMEOUT_SECONDS = 300
_EMPTY_DIR = "/tmp:rw,exec,nosuid,nodev,size=2g,mode=1777"


def needed(image):
    """The name of the image; skips the test if podman does not have it or cannot run it."""
    if shutil.which("podman") is None:
        pytest.skip("needs podman")
    if podman("image", "exists", image).returncode != 0:
        name = image.rpartition("/")[2].partition(":")[0]
        pytest.skip(f"needs the image {image}: make images IMAGES={name}")
    tried = contained(image, ["true"])
    if tried.returncode != 0:
        pytest.skip(f"podman cannot run containers here: {tried.stderr[-300:]}")
    return image


def tools_in(image):
    """User id in the image, tools that it should not have, and whether its files can be changed."""
    tools = "pip pip3 gcc cc g++ clang tcc nvcc node npm"
    script = (
        f"id -u; command -v {tools}; python3 -c 'import pip; print(pip)' 2> /dev/null;"
        "touch /opt/kubesplat/x || echo read-only"
    )
    return contained(image, ["sh", "-c", script]).stdout.split()


def podman(*arguments):
    return subprocess.run(
        ["podman", *arguments], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )


def contained(image, command, *options):
    """Run in a container with the least a pod can be given."""
    # An open-file limit as large as the machine's cannot be set in every sandbox.
    limits = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
    locked = ("--read-only", "--read-only-tmpfs=false", "--tmpfs", _EMPTY_DIR, "--cap-drop", "all")
    rights = (*locked, "--security-opt", "no-new-privileges", "--network", "host", *limits)
    runtime = ("--runtime", "runc") if shutil.which("runc") else ()
    return podman(*runtime, "run", "--rm", *rights, *options, image, *command)
