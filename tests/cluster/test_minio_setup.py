"""What prepares MinIO, run by a real shell on a stand-in for mc; the image has hardly any other program."""

import json
import os
import stat
import subprocess

import pytest

from tests.cluster.conftest import MANIFESTS

SETUP = MANIFESTS / "components" / "minio"
MC = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
    "admin policy attach "*) exit "$ATTACH" ;;
    "--json admin user info "*) echo "$INFO" ;;
esac
"""


@pytest.fixture
def run_setup(tmp_path):
    """Runs the script with an attachment that ends with `attach`; returns its exit status and mc's calls."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "mc").write_text(MC)
    (programs / "mc").chmod(stat.S_IRWXU)
    script = tmp_path / "setup.sh"
    script.write_text((SETUP / "setup.sh").read_text().replace("/setup/", f"{SETUP}/"))

    def run(attach=0, info=""):
        calls = tmp_path / "calls"
        environment = {
            "PATH": str(programs),
            "CALLS": str(calls),
            "ATTACH": str(attach),
            "INFO": info,
            "MINIO_ROOT_USER": "root",
            "MINIO_ROOT_PASSWORD": "secret-of-root",
            "AWS_ACCESS_KEY_ID": "kubesplat",
            "AWS_SECRET_ACCESS_KEY": "secret-of-runs",
        }
        shell = os.path.realpath("/bin/sh")
        done = subprocess.run([shell, str(script)], env=environment, capture_output=True, text=True)
        assert "not found" not in done.stderr
        return done.returncode, calls.read_text().splitlines()

    return run


def test_bucket_policy_and_user_are_made(run_setup):
    status, calls = run_setup()
    assert status == 0
    assert [call.split(" store")[0] for call in calls] == [
        "alias set",
        "mb --ignore-existing",
        "ilm import",
        "admin policy create",
        "admin user add",
        "admin policy attach",
    ]
    assert calls[-1] == "admin policy attach store kubesplat --user kubesplat"


@pytest.mark.parametrize("space", ["", " "])
def test_a_second_deployment_is_fine_with_what_is_attached(run_setup, space):
    info = f'{{"accessKey":{space}"kubesplat","policyName":{space}"kubesplat"}}'
    assert run_setup(attach=1, info=info)[0] == 0


def test_a_user_without_the_policy_fails_though_it_has_the_same_name(run_setup):
    assert run_setup(attach=1, info='{"accessKey":"kubesplat","userStatus":"enabled"}')[0] != 0


def test_each_lifecycle_rule_ends_something():
    """MinIO refuses the whole file for one rule without an action that it knows."""
    rules = json.loads((SETUP / "lifecycle.json").read_text())["Rules"]
    known = {"Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition"}
    assert rules
    assert all(known & rule.keys() for rule in rules)


def test_only_what_one_run_leaves_to_the_next_ends():
    """Captures and scenes are the user's; artifacts of runs are Kubeflow's."""
    rules = json.loads((SETUP / "lifecycle.json").read_text())["Rules"]
    assert {rule["Filter"]["Prefix"] for rule in rules} == {"kubeflow/"}


def test_runs_may_use_one_bucket():
    statements = json.loads((SETUP / "policy.json").read_text())["Statement"]
    resources = {resource for each in statements for resource in each["Resource"]}
    assert resources == {"arn:aws:s3:::kubesplat", "arn:aws:s3:::kubesplat/*"}
    assert not [action for each in statements for action in each["Action"] if action.endswith("*")]


def test_the_server_finds_a_home_on_its_read_only_root(built):
    """It ends at its start where it cannot make a folder for certificates."""
    server = next(each for each in built["local"] if each["kind"] == "StatefulSet")
    container = server["spec"]["template"]["spec"]["containers"][0]
    home = next(each["value"] for each in container["env"] if each["name"] == "HOME")
    assert home in [mount["mountPath"] for mount in container["volumeMounts"]]
