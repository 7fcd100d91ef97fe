"""`make kind` and `make deploy` with stand-ins for kubectl and kind: what they would do to a cluster."""

import os
import shutil
import stat
import subprocess

import pytest

from tests.cluster.conftest import MANIFESTS

ROOT = MANIFESTS.parent


@pytest.fixture
def make(tmp_path):
    """Runs make in a copy; returns its exit status, what kind and kubectl were asked, and its complaints."""
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(ROOT / "Makefile", copy)
    shutil.copytree(MANIFESTS / "overlays", copy / "manifests" / "overlays", ignore=secrets)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("kubectl", "kind"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/calls\n')
        (programs / name).chmod(stat.S_IRWXU)

    def run(*arguments, openssl=True):
        if not openssl:
            (programs / "openssl").write_text("#!/bin/sh\nexit 1\n")
            (programs / "openssl").chmod(stat.S_IRWXU)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        environment = {**inherited, "PATH": f"{programs}:{os.environ['PATH']}"}
        done = subprocess.run(["make", *arguments], cwd=copy, env=environment, capture_output=True, text=True)
        calls = tmp_path / "calls"
        return done.returncode, calls.read_text().splitlines() if calls.exists() else [], done.stderr, copy

    return run


def secrets(folder, names):
    return [name for name in names if name in ("s3.env", "minio-root.env")]


def test_kubeflow_keeps_its_settings(make):
    """Under the manager that installed Kubeflow a partial ConfigMap takes out all of its other settings."""
    status, calls, _, _ = make("deploy", "OVERLAY=local")
    assert status == 0
    apply = next(call for call in calls if " apply " in call)
    assert "--server-side" in apply
    assert "--field-manager=kubesplat" in apply
    assert apply.endswith("-k manifests/overlays/local")
    assert calls[-1].endswith("rollout restart deployment/workflow-controller")


def test_secrets_are_made_once_and_for_the_owner_alone(make):
    _, _, _, copy = make("deploy")
    files = [copy / "manifests" / "overlays" / "local" / name for name in ("s3.env", "minio-root.env")]
    first = [file.read_text() for file in files]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert all(len(text.strip().rpartition("=")[2]) == 40 for text in first)
    make("deploy")
    assert [file.read_text() for file in files] == first


def test_no_empty_password_where_none_could_be_made(make):
    status, calls, _, copy = make("deploy", openssl=False)
    assert status != 0
    assert not calls
    assert not (copy / "manifests" / "overlays" / "local" / "s3.env").exists()


def test_example_settings_are_not_deployed(make):
    status, calls, complaint, _ = make("deploy", "OVERLAY=eks-a10g")
    assert status != 0
    assert not calls
    assert "settings.env still has" in complaint


def test_own_settings_are_deployed(make, tmp_path):
    settings = tmp_path / "copy" / "manifests" / "overlays" / "eks-a10g" / "settings.env"
    own = settings.read_text().replace("example", "splats").replace("111122223333", "210987654321")
    settings.write_text(own)
    status, calls, _, _ = make("deploy", "OVERLAY=eks-a10g")
    assert status == 0
    assert [call for call in calls if call.endswith("-k manifests/overlays/eks-a10g")]


def test_kind_installs_the_kubeflow_that_packages_are_compiled_for(make):
    status, calls, _, _ = make("kind")
    assert status == 0
    kfp = next(line for line in (ROOT / "constraints.txt").read_text().split() if line.startswith("kfp=="))
    pinned = [call.rpartition("?ref=")[2].strip('"') for call in calls if "?ref=" in call]
    assert pinned == [kfp.removeprefix("kfp==")] * 2
    assert calls[0] == "kind create cluster --config manifests/overlays/local/kind.yaml"
    assert any(call.startswith("kind load docker-image kubesplat/cpu:") for call in calls)
