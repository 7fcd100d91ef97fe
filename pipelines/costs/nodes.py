"""The nodes that the stages of a run get: those of a cluster by its task settings, or this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.shared.resources import available_cpus
from components.shared.stages import STAGE_NAMES
from pipelines.costs.prices import MachinePrice, list_prices
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.settings import ClusterSettings, TaskSettings

THIS_MACHINE = "this machine"
ASSUMED_GPU = "A10G"
"""Model of a GPU that no table names."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stage's share of a machine. The stage pays for the whole machine while it holds it."""

    machine: MachinePrice
    cpus: float
    """That the stage may use."""
    gpus: int = 0

    @property
    def gpu(self) -> str | None:
        """Model of the GPU that the stage uses; None: it uses none."""
        return self.machine.gpu if self.gpus else None


Nodes = Mapping[str, Node]
"""By stage."""


def cluster_nodes(settings: PipelineSettings) -> Nodes:
    """The smallest machine of the price table that each task fits on."""
    return {stage: _node(settings.tasks[stage], settings.cluster) for stage in STAGE_NAMES}


def this_machine() -> Nodes:
    """All CPUs of this machine for each stage, and its GPU; its price is not known."""
    has_gpu = Path("/dev/nvidia0").exists()
    machine = MachinePrice(THIS_MACHINE, available_cpus(), gpu=ASSUMED_GPU if has_gpu else None)
    return {stage: Node(machine, available_cpus(), gpus=int(has_gpu)) for stage in STAGE_NAMES}


def nodes_text(nodes: Nodes) -> str:
    """The nodes as `stage=machine:cpus:gpus,…`, which Kubeflow passes on as it is."""
    return ",".join(f"{stage}={node.machine.name}:{node.cpus:g}:{node.gpus}" for stage, node in nodes.items())


def parse_nodes(text: str) -> Nodes:
    """The nodes that `nodes_text` wrote."""
    nodes = {}
    for part in text.split(","):
        stage, _, node = part.partition("=")
        name, cpus, gpus = node.split(":")
        gpu = ASSUMED_GPU if int(gpus) else None
        machine = list_prices().machines.get(name) or MachinePrice(name, round(float(cpus)), gpu=gpu)
        nodes[stage] = Node(machine, float(cpus), int(gpus))
    return nodes


def _node(task: TaskSettings, cluster: ClusterSettings) -> Node:
    """The smallest machine of the table on which the task fits; one without a price where none does."""
    on_gpu, machines = bool(task.gpus), list_prices().machines
    names = cluster.gpu_instance_types if on_gpu else tuple(machines)
    known = [machines[name] for name in names if name in machines]
    fitting = [each for each in known if bool(each.gpu) == on_gpu and each.cpus >= task.cpus]
    unknown = MachinePrice("other", round(task.cpus), gpu=ASSUMED_GPU if on_gpu else None)
    return Node(min(fitting, key=lambda each: each.cpus, default=unknown), task.cpus, task.gpus)
