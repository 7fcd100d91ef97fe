import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipelines.client.status import pods as module
from pipelines.client.status.pods import Pods, pods_of, read_pods
from tests.recorded_runs import recorded_pods

RUN = "330e5680-2241-4674-aa90-3fcabb8f2908"
INBOX_NODE = (
    "shopc2tpw-2-2827111342(0).root(0).exit-handler-1(0).for-loop-2(0).iteration-iterations(1:1)(0)"
    ".iteration-item(0).photos-to-sog(0).exit-handler-1(0).sfm(1).executor(2)"
)


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        (
            "waits",
            "waiting for a node",
            "no A10G: 0/1 nodes are available: 1 node(s) didn't match Pod's node",
        ),
        (
            "large",
            "waiting for a node",
            "no node with 64 CPU and 500Gi free: 0/1 nodes are available: 1 In",
        ),
        (
            "image",
            "cannot start",
            "the image registry.invalid/team/kubesplat/gpu:0.1.0 cannot be pulled (Ima",
        ),
    ],
)
def test_why_a_pod_is_pending(name, state, words):
    (pod,) = pods_of(recorded_pods(name))
    assert (pod.pending.state, pod.ended, pod.failure) == (state, False, None)
    assert pod.pending.text.startswith(words)
    assert "preemption" not in pod.pending.text


def test_a_pod_in_a_queue_waits_for_its_turn():
    (pod,) = pods_of(recorded_pods("queued"))
    assert pod.pending.state == "waiting for a node"
    assert pod.pending.text == "its turn in the queue kubesplat-gpu has not come"


def test_a_starting_pod_has_no_pending_text():
    (item,) = recorded_pods("image")
    item["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ContainerCreating"}}
    (pod,) = pods_of([item])
    assert (pod.pending.state, pod.pending.text) == ("starting", "")


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("oom", "OutOfMemoryError", "train was killed for memory: it used more than its limit of 64Mi"),
        (
            "evicted",
            "StageLostError",
            'train was evicted: Usage of EmptyDir volume "scratch" exceeds the limit',
        ),
        ("deadline", "StageLostError", "compress was killed at its time limit of 5s"),
    ],
)
def test_what_ended_a_pod_from_outside(name, kind, message):
    (pod,) = pods_of(recorded_pods(name))
    assert (pod.failure.type, pod.ended, pod.pending) == (kind, True, None)
    assert pod.failure.message.startswith(message)


def test_a_pod_of_a_lost_node_names_the_disruption():
    (item,) = recorded_pods("evicted")
    del item["status"]["reason"]
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}
    item["status"]["conditions"].append(condition)
    (pod,) = pods_of([item])
    assert "its node was removed or does not answer (DeletionByTaintManager)" in pod.failure.message


def test_a_pod_that_its_own_program_ended_has_no_other_cause():
    (pod,) = pods_of(recorded_pods("trained"))
    assert (pod.stage, pod.ended, pod.pending, pod.failure) == ("train", True, None, None)


def test_pods_belong_to_a_stage_and_to_a_capture_of_the_inbox():
    items = recorded_pods("oom", "trained")
    items[0]["metadata"]["annotations"] = {module._NODE_NAME: INBOX_NODE}
    items[1]["metadata"]["labels"].pop("kubesplat/stage")
    items[1]["metadata"]["annotations"] = {
        module._NODE_NAME: INBOX_NODE.replace("sfm(1).executor", "x-driver")
    }
    driver, try_ = pods_of(items)
    assert (try_.stage, try_.capture, try_.is_driver) == ("train", 1, False)
    assert (driver.stage, driver.capture, driver.is_driver) == ("x", 1, True)


@contextmanager
def kubernetes(monkeypatch, folder, status=200, delay_seconds=0.0, answer=b"{}"):
    """An API server, kubectl's settings for it, and the paths it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            time.sleep(delay_seconds)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        settings = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "me", "user": {"token": "mine"}}],
        }
        monkeypatch.setattr(
            "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(folder / "config")
        )
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        (folder / "config").write_text(json.dumps(settings))
        yield asked
        server.shutdown()


def test_the_pods_of_one_run_are_requested(monkeypatch, tmp_path):
    answer = json.dumps({"items": recorded_pods("waits", "trained")}).encode()
    with kubernetes(monkeypatch, tmp_path, answer=answer) as asked:
        found = read_pods(RUN, "team-a")
    assert [pod.ended for pod in found.pods] == [True, False]
    assert (found.problem, found.newest("train").ended) == ("", False)
    (path,) = asked
    assert path.startswith(f"/api/v1/namespaces/team-a/pods?labelSelector=pipeline%2Frunid%3D{RUN}")


def test_a_missing_permission_is_named(monkeypatch, tmp_path):
    with kubernetes(monkeypatch, tmp_path, status=403) as asked:
        found = read_pods(RUN, "kubeflow")
    assert (found.pods, len(asked)) == ((), 1)
    assert found.problem == "no permission to read pods in the namespace kubeflow"


def test_a_request_without_an_answer_ends_at_its_time_limit(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_TOTAL_SECONDS", 0.5)
    started = time.monotonic()
    with kubernetes(monkeypatch, tmp_path, delay_seconds=3.0):
        assert read_pods(RUN, "kubeflow").problem == "no answer within 0.5 s"
    assert time.monotonic() - started < 2.5


def test_a_missing_kubeconfig_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert read_pods(RUN, "kubeflow").problem == "there is no kubeconfig"
    assert capsys.readouterr() == ("", "")


def test_cancelling_says_how_to_delete_the_pod_of_an_exit_task_that_waits_for_an_image():
    note = Pods(pods_of(recorded_pods("image"))).note_on_cancelling(RUN, "kubeflow")
    assert note.startswith("the image registry.invalid/team/kubesplat/gpu:0.1.0 cannot be pulled")
    # Not the workflow: Argo has ended it by then, and its messages and its pods' logs are worth keeping.
    assert note.endswith(
        f"kubectl delete pod -n kubeflow -l pipeline/runid={RUN} --field-selector status.phase=Pending"
    )
    assert Pods(pods_of(recorded_pods("waits"))).note_on_cancelling(RUN, "kubeflow") == ""
