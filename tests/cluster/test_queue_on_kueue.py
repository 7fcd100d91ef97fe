"""What Kueue does with pods of Argo, of which runs consist, that have the labels of GPU tasks.

The queue has room for one pod, whatever the pod requests, so that no GPU is needed. Everything is made in
KUBESPLAT_TEST_NAMESPACE, in the image of KUBESPLAT_CPU_IMAGE, and deleted afterwards.
"""

import json
import os
import subprocess
import time

import pytest
import yaml

from components.shared.container_images import cpu_image

NAMESPACE = os.environ.get("KUBESPLAT_TEST_NAMESPACE", "")
LONGEST_SECONDS = 240
QUEUE = "kubesplat-test"
OBJECTS = f"""
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {{name: {QUEUE}}}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {{name: {QUEUE}}}
spec:
  namespaceSelector: {{}}
  resourceGroups:
    - coveredResources: [pods, cpu, memory]
      flavors:
        - name: {QUEUE}
          resources:
            - {{name: pods, nominalQuota: 1}}
            - {{name: cpu, nominalQuota: 100}}
            - {{name: memory, nominalQuota: 100Gi}}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {{name: {QUEUE}, namespace: {NAMESPACE}}}
spec: {{clusterQueue: {QUEUE}}}
"""

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        not NAMESPACE,
        reason="no cluster: set KUBESPLAT_TEST_NAMESPACE to a namespace of Argo and Kueue, such as kubeflow",
    ),
]


@pytest.fixture
def queue():
    if subprocess.run(
        ["kubectl", "get", "crd", "clusterqueues.kueue.x-k8s.io"], capture_output=True
    ).returncode:
        pytest.skip("the cluster has no Kueue")
    priorities = yaml.safe_dump_all(
        {
            "apiVersion": "kueue.x-k8s.io/v1beta2",
            "kind": "WorkloadPriorityClass",
            "metadata": {"name": f"{QUEUE}-{name}"},
            "value": value,
        }
        for name, value in (("batch", 10), ("normal", 100), ("urgent", 1000))
    )
    objects = f"{OBJECTS}---\n{priorities}"
    kubectl("apply", stdin=objects)
    yield
    kubectl("delete", "workflow", "-l", f"kubesplat/test={QUEUE}")
    kubectl("delete", "--wait=false", stdin=objects)


def test_pods_wait_for_their_turn_and_the_urgent_one_is_next(queue):
    first = start("normal")
    wait_for(lambda: pod_of(first).get("status", {}).get("phase") == "Running")
    batch, urgent = start("batch"), start("urgent")
    wait_for(lambda: pod_of(batch) and pod_of(urgent))
    for name in (batch, urgent):
        gates = pod_of(name)["spec"]["schedulingGates"]
        assert {"name": "kueue.x-k8s.io/admission"} in gates
    wait_for(lambda: all(phase(name) == "Succeeded" for name in (first, batch, urgent)))
    began, ended = zip(*(times(name) for name in (first, urgent, batch)), strict=True)
    assert ended[0] <= began[1]
    assert ended[1] <= began[2]


def start(priority):
    labels = {
        "kueue.x-k8s.io/queue-name": QUEUE,
        "kueue.x-k8s.io/priority-class": f"{QUEUE}-{priority}",
        "app.kubernetes.io/part-of": "kubesplat",
    }
    container = {
        "image": cpu_image(),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "10"],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}},
    }
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{QUEUE}-{priority}-", "labels": {"kubesplat/test": QUEUE}},
        "spec": {
            "entrypoint": "pod",
            "serviceAccountName": "pipeline-runner",
            "templates": [{"name": "pod", "metadata": {"labels": labels}, "container": container}],
        },
    }
    return kubectl("create", "-o", "jsonpath={.metadata.name}", stdin=json.dumps(workflow))


def pod_of(workflow):
    chosen = f"workflows.argoproj.io/workflow={workflow}"
    found = json.loads(kubectl("get", "pods", "-l", chosen, "-o", "json"))["items"]
    return found[0] if found else {}


def phase(workflow):
    return json.loads(kubectl("get", "workflow", workflow, "-o", "json")).get("status", {}).get("phase")


def times(workflow):
    """When the container began and ended, as RFC 3339 in UTC."""
    statuses = pod_of(workflow)["status"]["containerStatuses"]
    ended = next(each for each in statuses if each["name"] == "main")["state"]["terminated"]
    return ended["startedAt"], ended["finishedAt"]


def wait_for(condition):
    until = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < until, f"not so after {LONGEST_SECONDS} s"
        time.sleep(1)


def kubectl(verb, *arguments, stdin=None):
    command = ["kubectl", "--namespace", NAMESPACE, verb, *arguments, *(["-f", "-"] if stdin else [])]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
