"""Calibrators fitted to a trained run: each once, what it gave is kept in the store."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data import GraphData
from core.discovery import origin
from core.run import Run
from core.splits import split_of
from core.store import Derived, question
from core.versions import joint_version
from core.work import Report, within
from explainers.calibration_request import RAW
from explainers.calibrators.contract import calibrator, calibrators, fit, log_softmax
from explainers.contract import Unsupported

ALL = "all"
WORK = "calibrated"
MOST = 64
"""Of one run, what is kept: calibrators in some versions of their code."""
LARGEST = 4_000_000
"""Probabilities of a run up to which they are kept; of a larger graph they are fitted anew."""
SHARED = ("explainers.calibrators.contract", "core.device", "core.hops")
"""Modules that have a part in what all calibrators give, beside those by which the run itself was made."""
PARAMETERS, NODES, SECONDS, SAID, LOGS, TEMPERATURES = "parameters", "nodes", "seconds", "said", "log_probabilities", "temperatures"


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What a calibrator makes of a run. `log_probabilities` [num_nodes, num_classes]; `temperatures` [num_nodes], None where the method
    has none; `seconds` that the fit took when it was made."""

    name: str
    log_probabilities: NDArray[np.float32]
    parameters: int = 0
    nodes: int = 0
    temperatures: NDArray[np.float32] | None = None
    said: str = ""
    seconds: float = 0.0

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """[num_nodes, num_classes], each row sums to 1."""
        exponentials = np.exp(self.log_probabilities.astype(np.float64))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def ordered() -> list[str]:
    """Names of all calibrators: those that look at no neighbours first, in both those that keep the class, then by name."""
    units = calibrators().values()
    return [unit.name for unit in sorted(units, key=lambda unit: (unit.graph_aware, not unit.keeps_class, unit.name))]


def chosen(words: Sequence[str]) -> list[str]:
    """The calibrators that some words name, "all" being all of them. Raises `UserError` for a name that is none."""
    if ALL in words:
        return ordered()
    return [calibrator(word).name for word in words if word != RAW]


def uncalibrated(run: Run) -> Calibrated:
    """The run as it is."""
    return Calibrated(RAW, log_softmax(run.logits.astype(np.float64)).astype(np.float32))


def calibrated(report: Report, run: Run, graph: GraphData, names: Sequence[str], root: Path) -> tuple[list[Calibrated], dict[str, str]]:
    """The run as it is and with each calibrator, and of those that do not apply here, why."""
    found, refused = [uncalibrated(run)], {}
    for number, name in enumerate(names):
        step = within(report, number, len(names))
        step(message=f"Fitting {calibrator(name).title}")
        try:
            found.append(_kept(step, run, graph, name, root))
        except Unsupported as reason:
            refused[name] = str(reason)
    return found, refused


def _kept(report: Report, run: Run, graph: GraphData, name: str, root: Path) -> Calibrated:
    kept, key = (
        Derived(root, WORK, joint_version(origin("explainers.calibrators", "CALIBRATOR", name), *SHARED)),
        f"{run.key}.{question(name)}",
    )
    made = hashlib.sha256(np.ascontiguousarray(run.logits).tobytes()).hexdigest()
    arrays = kept.get_arrays(key, made)
    if arrays is not None:
        temperatures = arrays[TEMPERATURES] if arrays[TEMPERATURES].size else None
        numbers = int(arrays[PARAMETERS]), int(arrays[NODES])
        return Calibrated(name, arrays[LOGS], *numbers, temperatures, str(arrays[SAID]), float(arrays[SECONDS]))
    found = _fitted(report, run, graph, name)
    if found.log_probabilities.size <= LARGEST:
        held = np.zeros(0, np.float32) if found.temperatures is None else found.temperatures
        numbers_ = {PARAMETERS: np.array(found.parameters), NODES: np.array(found.nodes), SECONDS: np.array(found.seconds)}
        kept.put_arrays(key, made, {LOGS: found.log_probabilities, TEMPERATURES: held, SAID: np.array(found.said), **numbers_})
        kept.keep_newest(run.key, MOST)
    return found


def _fitted(report: Report, run: Run, graph: GraphData, name: str) -> Calibrated:
    split, started = split_of(graph, run.spec.dataset), time.perf_counter()
    fitted = fit(name, run.logits, graph.labels, split.validation, split.train, graph, seed=run.spec.seed, report=report)
    logs = fitted(run.logits).astype(np.float32)
    temperatures = None if fitted.temperatures is None else fitted.temperatures.astype(np.float32)
    return Calibrated(name, logs, fitted.parameters, fitted.nodes, temperatures, fitted.said, time.perf_counter() - started)
