"""What Argo tries again with our settings, on failed tries as a real Kubeflow 2.17 recorded them.

`recorded/failed_tries.json` has what Argo 4.0.5 knows of each failed child of a `Retry` node, distinct ones
only. Argo evaluates the expression with expr-lang; `evaluate` translates the few operators that ours uses,
and fails on any other. That Argo itself agrees only a controller shows.
"""

import json
import re
from pathlib import Path

import pytest
import yaml

from components.shared.errors import InputError, StorageError
from components.shared.termination_log import FINAL_MARK

RECORDED = json.loads((Path(__file__).parent / "recorded" / "failed_tries.json").read_text())
TOKENS = {
    "&&": " and ",
    "||": " or ",
    "!": " not ",
    "!=": "!=",
    "(": "(",
    ")": ")",
    "lastRetry.message": "message",
    "contains": "@",
}


class Text(str):
    """`a @ b`: whether a contains b."""

    __slots__ = ()

    def __matmul__(self, part):
        return part in self


@pytest.fixture(scope="module")
def strategies(built):
    found = {}
    for overlay, objects in built.items():
        settings = next(
            each for each in objects if each["metadata"]["name"] == "workflow-controller-configmap"
        )
        defaults = yaml.safe_load(settings["data"]["workflowDefaults"])["spec"]["templateDefaults"]
        found[overlay] = defaults["retryStrategy"]
    return found


@pytest.fixture(scope="module")
def is_tried_again(strategies):
    (expression,) = {each["expression"] for each in strategies.values()}
    return lambda message: evaluate(expression, message)


def evaluate(expression, message):
    tokens = re.findall(r"'[^']*'|&&|\|\||!=|!|\(|\)|[\w.]+|\S", expression)
    python = "".join(token if token.startswith("'") else TOKENS[token] for token in tokens)
    return eval(python, {"__builtins__": {}}, {"message": Text(message)})


def test_failures_of_a_container_are_tried_again(strategies):
    assert strategies
    for strategy in strategies.values():
        assert strategy["retryPolicy"] == "Always"
        assert int(strategy["limit"]) == 2


def test_pods_are_tried_again_and_nothing_around_them(is_tried_again):
    kinds = {kind: {each["type"] for each in RECORDED if each["type"] == kind} for kind in ("Pod", "DAG")}
    assert all(kinds.values())
    wrong = [each for each in RECORDED if is_tried_again(each["message"]) != (each["type"] == "Pod")]
    assert wrong == []


def test_recorded_workflows_have_the_failures_that_matter():
    pods = [each for each in RECORDED if each["type"] == "Pod"]
    assert "pod deleted" in {each["message"] for each in pods}
    assert "system-container-driver" in {each["template"] for each in pods}
    assert {"Failed", "Error"} == {each["status"] for each in RECORDED if each["type"] == "DAG"}
    assert "inbox" in {each["workflow"] for each in RECORDED}


def test_a_pod_that_its_node_turned_away_is_tried_again(is_tried_again):
    """Without an exit status: the kubelet never started its container."""
    assert is_tried_again("Pod was rejected: Allocate failed due to no healthy devices present")
    assert is_tried_again("The node was low on resource: memory.")


def test_a_final_failure_needs_no_second_pod(is_tried_again):
    final = InputError("2 photos; at least 3 are needed", remedy="Take more.")
    away = StorageError("the store was away", remedy="Run again.")
    for error, mark in ((final, FINAL_MARK), (away, "kubesplat")):
        line = f"main: Error (exit code 1): {mark}: {type(error).__name__}: {error.message}"
        assert is_tried_again(line) is (error is away)


def test_an_operator_that_is_not_translated_is_noticed():
    with pytest.raises(KeyError):
        evaluate("asInt(lastRetry.exitCode) > 0", "")
