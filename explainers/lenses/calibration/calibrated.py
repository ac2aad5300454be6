"""Calibrators fitted to a trained run: each once, what it gave is kept in the store."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.data import GraphData, Split
from core.discovery import origin
from core.run import Run
from core.splits import split_of
from core.store import Derived, question
from core.store.derived import Arrays
from core.versions import COUNTED, source_version
from core.work import Report, within
from explainers.calibration_request import RAW
from explainers.calibrators.contract import Floats, calibrator, calibrators, divided, fit, log_softmax
from explainers.contract import Unsupported
from explainers.wording import count

ALL = "all"
WORK = "calibrated"
MOST = 64
"""Of one run, what is kept: calibrators in some versions of their code."""
LARGEST = 64_000_000
"""Bytes up to which log-probabilities are kept: those of 170,000 nodes and 40 classes. Where temperatures give them, those are kept."""
CODE = (*COUNTED, "core.device", "core.metrics", "explainers.calibrators")
"""Modules whose source has a part in what a calibrator gives, of those that it imports."""
PARAMETERS, NODES, SECONDS, SAID, LOGS, TEMPERATURES = "parameters", "nodes", "seconds", "said", "log_probabilities", "temperatures"
NOTHING = np.zeros(0)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What a calibrator makes of a run. `log_probabilities` [num_nodes, num_classes]; `temperatures` [num_nodes], None where the method
    has none; `seconds` that the fit took when it was made."""

    name: str
    log_probabilities: Floats
    parameters: int = 0
    nodes: int = 0
    temperatures: Floats | None = None
    said: str = ""
    seconds: float = 0.0

    @property
    def probabilities(self) -> Floats:
        """[num_nodes, num_classes], each row sums to 1."""
        return np.exp(self.log_probabilities)


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
    return Calibrated(RAW, log_softmax(run.logits.astype(np.float64)))


def calibrated(report: Report, run: Run, graph: GraphData, names: Sequence[str], root: Path) -> tuple[list[Calibrated], dict[str, str]]:
    """The run as it is and with each calibrator, and of those that do not apply here, why."""
    split = split_of(graph, run.spec.dataset)
    found, refused, made = [uncalibrated(run)], {}, _made(run, graph, split) if names else ""
    for number, name in enumerate(names):
        step = within(report, number, len(names))
        step(message=f"Fitting {calibrator(name).title}")
        try:
            found.append(_kept(step, run, graph, split, name, made, root))
        except Unsupported as reason:
            refused[name] = str(reason)
    return found, refused


def version(name: str) -> str:
    """Version of all the code that has a part in what a calibrator gives."""
    return source_version(origin("explainers.calibrators", "CALIBRATOR", name), CODE)


def _made(run: Run, graph: GraphData, split: Split) -> str:
    """A sum of all that calibrators are fitted to: logits, who trains and validates, their labels and no other's, edges."""
    digest, heard = hashlib.sha256(), split.train | split.validation
    for array in (run.logits, split.train, split.validation, graph.labels[heard], graph.edge_index):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _kept(report: Report, run: Run, graph: GraphData, split: Split, name: str, made: str, root: Path) -> Calibrated:
    kept, key = Derived(root, WORK, version(name)), f"{run.key}.{question(name)}"
    arrays = kept.get_arrays(key, made)
    if arrays is not None:
        return _restored(name, run, arrays)
    found = _fitted(report, run, graph, split, name)
    logs = NOTHING if found.temperatures is not None else found.log_probabilities
    if logs.nbytes > LARGEST:
        size = f"The probabilities of {count(run.logits.shape[0], 'node')} and {count(run.logits.shape[1], 'class', 'classes')}"
        return replace(found, said=f"{found.said} {size} are too many to keep: it is fitted anew at each look.".strip())
    held = NOTHING if found.temperatures is None else found.temperatures
    numbers = {PARAMETERS: np.array(found.parameters), NODES: np.array(found.nodes), SECONDS: np.array(found.seconds)}
    kept.put_arrays(key, made, {LOGS: logs, TEMPERATURES: held, SAID: np.array(found.said), **numbers})
    kept.keep_newest(run.key, MOST)
    return found


def _restored(name: str, run: Run, arrays: Arrays) -> Calibrated:
    numbers = int(arrays[PARAMETERS]), int(arrays[NODES])
    temperatures = arrays[TEMPERATURES] if arrays[TEMPERATURES].size else None
    logs = arrays[LOGS] if temperatures is None else divided(run.logits.astype(np.float64), temperatures)
    return Calibrated(name, logs, *numbers, temperatures, str(arrays[SAID]), float(arrays[SECONDS]))


def _fitted(report: Report, run: Run, graph: GraphData, split: Split, name: str) -> Calibrated:
    started, logits = time.perf_counter(), run.logits.astype(np.float64)
    fitted = fit(name, logits, graph.labels, split.validation, split.train, graph, seed=run.spec.seed, report=report)
    logs = fitted(logits) if fitted.temperatures is None else divided(logits, fitted.temperatures)
    return Calibrated(name, logs, fitted.parameters, fitted.nodes, fitted.temperatures, fitted.said, time.perf_counter() - started)
