"""What is measured of runs: their last hidden states, and for one run every layer, before and after training. Needs torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import identity

from core.data import GraphData
from core.errors import UserError
from core.graph import Measured, undefined
from core.models.contract import model
from core.open_graphs import graph_of
from core.rebuilt import batch_of, gradients_of, module_of, states_of
from core.run import Run
from core.spec import RunSpec
from core.splits import split_of
from core.store import Derived, Store
from core.versions import source_version, unit_version
from core.work import Report, silent
from explainers.lenses.over_smoothing.measures import BY_NAME, MODULES, measured
from explainers.lenses.over_smoothing.packing import pack_layers, unpack_layers
from explainers.lenses.over_smoothing.planes import planes
from explainers.lenses.over_smoothing.result import Layers
from explainers.lenses.over_smoothing.seen import Seen, seen

WORK = "over_smoothing"
MOST_DOTS = 3000
"""Nodes of a layer's picture."""

Reading = Mapping[str, Measured]
"""Every quantity of one state, by name."""


def read_runs(report: Report, *, keys: Sequence[str], root: Path) -> dict[str, Reading]:
    """Named work: the quantities of the last hidden state of stored runs by key; what was read before is at hand.

    A run that is gone meanwhile is left out.
    """
    store = Store(root)
    found: dict[str, Reading] = {}
    for number, key in enumerate(keys):
        report(number, len(keys), "Measuring the last hidden states")
        entry = store.entry(key)
        if entry is None:
            continue
        kept = Derived(root, WORK, code(entry.spec.model.name))
        data = kept.get(key, entry.made)
        if data is None:
            run = store.get(key, weights=True)
            if run is None:
                continue
            try:
                found[key] = read(run, graph_of(run.spec.dataset))
            except UserError as error:  # its weights are of older code: the others can be read all the same
                found[key] = dict.fromkeys([*BY_NAME, "zero_rows"], undefined(str(error)))
                continue
            kept.put(key, entry.made, _plain(found[key]))
        else:
            found[key] = {name: Measured(**_number(value)) for name, value in data.items()}
    return found


def read(run: Run, graph: GraphData) -> Reading:
    """The quantities of what the classifier of a run reads: its last hidden state, or the features where it has none."""
    batch, module = batch_of(run.spec, graph), module_of(run.spec, graph, run.weights)
    states = states_of(module, batch, last_only=True)
    return measured(states[-1] if states else _input(run.spec, graph), graph, split_of(graph, run.spec.dataset))


def layers(run: Run, graph: GraphData, report: Report = silent) -> Layers:
    """Every layer of a run at initialisation and after training."""
    batch, split = batch_of(run.spec, graph), split_of(graph, run.spec.dataset)
    before, after = module_of(run.spec, graph), module_of(run.spec, graph, run.weights)
    states = {False: states_of(before, batch), True: states_of(after, batch)}
    nodes = _some(graph.num_nodes)
    rows: list[dict[str, Any]] = []
    total = 2 * len(states[True])
    features = measured(_input(run.spec, graph), graph, split)
    for trained, found in states.items():
        rows += _rows(0, trained, features)
        for layer, state in enumerate(found, 1):
            report(layer + trained * len(found), total, "Measuring layer by layer")
            rows += _rows(layer, trained, measured(state, graph, split))
    gradients = [row for trained, module in ((False, before), (True, after)) for row in _gradients(run.spec, module, batch, trained)]
    return Layers(
        run.spec.model.name,
        run.spec.model.depth or len(states[True]) + 1,
        run.spec.seed,
        pd.DataFrame(rows),
        pd.DataFrame(gradients),
        nodes,
        planes(states[True], nodes) if states[True] else None,
        planes(states[False], nodes) if states[False] else None,
        _omega(run),
    )


def read_layers(report: Report, *, key: str, root: Path) -> Layers | None:
    """Named work: `layers` of a stored run, None if it is gone; what was read before is at hand."""
    store = Store(root)
    entry = store.entry(key)
    if entry is None:
        return None
    kept = Derived(root, f"{WORK}.layers", code(entry.spec.model.name, "explainers.lenses.over_smoothing.planes"))
    arrays = kept.get_arrays(key, entry.made)
    if arrays is not None:
        return unpack_layers(arrays)
    run = store.get(key, weights=True)
    if run is None:
        return None
    found = layers(run, graph_of(run.spec.dataset), report)
    kept.put_arrays(key, entry.made, pack_layers(found))
    return found


def read_node(report: Report, *, key: str, root: Path, node: int) -> Seen | None:
    """Named work: what a node sees, and how alike the states of a stored run are around it; None if the run is gone."""
    run = Store(root).get(key, weights=True)
    if run is None:
        return None
    graph = graph_of(run.spec.dataset)
    return seen(graph, node, states_of(module_of(run.spec, graph, run.weights), batch_of(run.spec, graph)))


def code(name: str, *more: str) -> str:
    """Version of what is measured and how, of a model; `more`: other modules that have a part in it."""
    return "-".join(
        [
            unit_version("core.models", "MODEL", name)[:6],
            *(source_version(module)[:6] for module in (__name__, "core.capture", "core.rebuilt", *MODULES, *more)),
        ]
    )


def _input(spec: RunSpec, graph: GraphData) -> ArrayLike:
    """What the first layer reads: the features, or for a model without them a direction of its own for each node."""
    return graph.features if model(spec.model.name).uses_features else identity(graph.num_nodes, format="csr")


def _some(num_nodes: int) -> NDArray[np.int64]:
    """The nodes of the pictures: all, or a sample that is the same every time."""
    if num_nodes <= MOST_DOTS:
        return np.arange(num_nodes)
    return np.sort(np.random.default_rng(0).choice(num_nodes, MOST_DOTS, replace=False))


def _rows(layer: int, trained: bool, reading: Reading) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "trained": trained, "measure": name, "value": float(value), "reason": value.reason}
        for name, value in reading.items()
    ]


def _omega(run: Run) -> pd.DataFrame:
    """The learned smoothing of each layer and channel, of models that have it."""
    found = [weights for name, weights in run.weights.items() if name.endswith(".omega")]
    rows = [
        {"layer": layer, "channel": channel, "omega": float(value)}
        for layer, weights in enumerate(found, 1)
        for channel, value in enumerate(np.ravel(weights), 1)
    ]
    return pd.DataFrame(rows, columns=["layer", "channel", "omega"])


def _gradients(spec: RunSpec, module: Any, batch: Any, trained: bool) -> list[dict[str, Any]]:
    """A row a weight matrix, in the order of the layers."""
    gradients = gradients_of(module, batch)
    first = {id(weight) for weight in module.first_layer.parameters()}
    multiples = {id(weight): times for part, times in getattr(module, "decay_multiples", ()) for weight in part.parameters()}
    rows: list[dict[str, Any]] = []
    for name, weight in module.named_parameters():
        if weight.dim() != 2 or name not in gradients:
            continue
        decayed = spec.training.decay_scope == "all" or id(weight) in first
        size = float(weight.detach().norm())
        rows.append(
            {
                "place": len(rows) + 1,
                "weight": name,
                "trained": trained,
                "gradient": float(np.linalg.norm(gradients[name])),
                "decay": spec.training.weight_decay * multiples.get(id(weight), 1.0) * size if decayed else 0.0,
                "size": size,
            }
        )
    return rows


def _plain(reading: Reading) -> dict[str, Any]:
    """As JSON takes it: no NaN."""
    return {
        name: {
            "value": float(value) if np.isfinite(value) else None,
            "infinite": bool(np.isinf(value)),
            "reason": value.reason,
            "sample": value.sample,
            "standard_error": value.standard_error if np.isfinite(value.standard_error) else None,
        }
        for name, value in reading.items()
    }


def _number(data: Mapping[str, Any]) -> dict[str, Any]:
    value = data["value"] if data["value"] is not None else np.inf if data["infinite"] else np.nan
    error = np.nan if data["standard_error"] is None else data["standard_error"]
    return {"value": value, "reason": data["reason"], "sample": data["sample"], "standard_error": error}
