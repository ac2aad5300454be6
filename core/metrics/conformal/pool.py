"""Who may be a calibration node: nodes by which nothing was chosen or fitted."""

from __future__ import annotations

from dataclasses import dataclass

from core.data import Bools, Split
from core.errors import UserError
from core.spec import TrainingSpec


@dataclass(frozen=True, eq=False)
class Pool:
    """`nodes` [num_nodes]: who may be drawn or evaluated. `said`: who that is, who was left out and why, as a sentence or two."""

    nodes: Bools
    said: str


def conformal_pool(split: Split, training: TrainingSpec, *, fitted: bool) -> Pool:
    """Test nodes, and validation nodes too, if they chose no epoch and nothing was `fitted` to them (a calibrator).

    A node that the model was chosen or fitted by has scores that are lower than those of a new node, and calibration nodes have to be
    like new nodes. Scores with and without a calibrator can be compared only on the pool that is honest for both. That a setting such as
    the depth was chosen by validation nodes is not known here. Raises `UserError` without test nodes.
    """
    if not split.test.any():
        raise UserError("Conformal sets are calibrated and evaluated on test nodes, and this split has none. Take a split that has some.")
    test, validation = int(split.test.sum()), int(split.validation.sum())
    uses = ["the epoch was chosen by them"] if training.keep != "last" or training.patience else []
    uses += ["calibrators are fitted to them"] if fitted else []
    if not validation:
        return Pool(split.test, f"Calibration nodes are drawn from the {test:,} test nodes; this split has no validation nodes.")
    if not uses:
        said = (
            f"Calibration nodes are drawn from {validation:,} validation and {test:,} test nodes: nothing was chosen or fitted by either."
        )
        return Pool(split.validation | split.test, said)
    return Pool(
        split.test,
        f"Calibration nodes are drawn from the {test:,} test nodes. The {validation:,} validation nodes are left out: "
        f"{' and '.join(uses)}, so their scores are not like those of new nodes.",
    )
