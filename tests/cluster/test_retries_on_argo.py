"""What Argo's own controller tries again under the settings that `make deploy` put into a cluster.

The workflows have the shape that Kubeflow compiles: a pod inside a DAG for its task, inside the root's DAG,
with an exit handler. They run in KUBESPLAT_TEST_NAMESPACE, in the image of KUBESPLAT_CPU_IMAGE.
"""

import json
import os
import subprocess
import time
from collections import Counter

import pytest

from components.shared.container_images import cpu_image

NAMESPACE = os.environ.get("KUBESPLAT_TEST_NAMESPACE", "")
IMAGE = cpu_image()
LONGEST_SECONDS = 300

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        not NAMESPACE,
        reason="no cluster: set KUBESPLAT_TEST_NAMESPACE to where Argo runs workflows, such as kubeflow",
    ),
]


@pytest.fixture
def run_workflow():
    """Runs a task's shell script to the end of its workflow; returns pods by template and messages."""
    started = []

    def run(script, while_running=lambda name, nodes: None):
        name = kubectl("create", "-o", "jsonpath={.metadata.name}", stdin=json.dumps(_workflow(script)))
        started.append(name)
        pods = pods_of(_wait(name, while_running))
        return Counter(pod["templateName"] for pod in pods), [pod.get("message", "") for pod in pods]

    yield run
    for name in started:
        kubectl("delete", "workflow", name)


def test_a_failing_pod_is_tried_three_times_and_then_the_exit_handler_runs_once(run_workflow):
    pods, _ = run_workflow("exit 1")
    assert pods == {"pod": 3, "conclude": 1}


def test_a_final_failure_is_not_tried_again(run_workflow):
    pods, messages = run_workflow(
        "echo 'kubesplat: final: InputError: 2 photos' > /dev/termination-log; exit 1"
    )
    assert pods == {"pod": 1, "conclude": 1}
    assert any("InputError: 2 photos" in message for message in messages)


def test_a_pod_that_is_deleted_is_tried_again_and_nothing_around_it(run_workflow):
    deleted = set()

    def delete_pod(name, nodes):
        # Argo waits two minutes for a pod that went before its node was seen to run.
        if not any(node["templateName"] == "pod" and node["phase"] == "Running" for node in pods_of(nodes)):
            return
        chosen = f"workflows.argoproj.io/workflow={name},kubesplat/test=pod"
        for pod in set(kubectl("get", "pods", "-l", chosen, "-o", "name").split()) - deleted:
            kubectl("delete", pod, "--wait=false", "--grace-period=1")
            deleted.add(pod)

    pods, messages = run_workflow("sleep 600", delete_pod)
    assert pods == {"pod": 3, "conclude": 1}
    assert messages.count("pod deleted") == len(deleted) == 3


def kubectl(verb, *arguments, stdin=None):
    command = ["kubectl", "--namespace", NAMESPACE, verb, *arguments, *(["-f", "-"] if stdin else [])]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pods_of(nodes):
    return [node for node in nodes if node["type"] == "Pod"]


def _wait(name, while_running):
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        status = json.loads(kubectl("get", "workflow", name, "-o", "json")).get("status", {})
        nodes = status.get("nodes", {}).values()
        if status.get("finishedAt"):
            return nodes
        while_running(name, nodes)
        time.sleep(1)
    pytest.fail(f"the workflow {name} was not done after {LONGEST_SECONDS} s")


def _workflow(script):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "kubesplat-retries-"},
        "spec": {
            "entrypoint": "entrypoint",
            "serviceAccountName": "pipeline-runner",
            "templates": [
                _dag("entrypoint", "root", hooks={"exit": {"template": "conclude"}}),
                _dag("root", "task"),
                _dag("task", "pod"),
                _pod("pod", script, retryStrategy={"limit": "2", "backoff": {"duration": "1"}}),
                _pod("conclude", "exit 0"),
            ],
        },
    }


def _dag(name, inner, **more):
    return {"name": name, "dag": {"tasks": [{"name": inner, "template": inner, **more}]}}


def _pod(name, script, **more):
    container = {
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        "resources": {
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "256Mi"},
        },
    }
    labels = {"kubesplat/test": name, "app.kubernetes.io/part-of": "kubesplat"}
    return {"name": name, "metadata": {"labels": labels}, "container": container, **more}
