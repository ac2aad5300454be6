"""DnX (Pereira et al. 2023): the shares of nodes with which a linear surrogate comes closest to what it says of the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from explainers.attribution.contract import Attribution, Method, Prepared
from explainers.attribution.surrogate import PARAMETERS, Doubles, Surrogate, prepare, recall, unsupported

EVEN = 1e-6
"""Weight of the penalty that chooses the most even ones of all shares that do equally well."""
MOST_STEPS = 200


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Each node's share ε_j in 0 … 1; edges get their ends' mean. They are the same whatever the class.

    The shares sum to 1, where shares of 1 each would give the surrogate's logits: most often these are out of reach, and the
    few nodes whose features point to them most get everything.
    """
    return [_explained(state, int(node), int(label)) for node, label in zip(nodes, state.subject.targets(nodes, target), strict=True)]


def _explained(state: Prepared, node: int, label: int) -> Attribution:
    surrogate: Surrogate = state.learned
    part = state.subject.part(node)
    near, scores = surrogate.near(part), np.zeros(len(part.nodes))
    scores[near] = node_shares(surrogate.contributions(part)[near])
    return Attribution(node, label, part, surrogate.pair_scores(part, scores), said=surrogate.said(node, state.subject.predicted))


def node_shares(contributions: Doubles) -> Doubles:
    """[n] ε that minimises ‖Σ_j ε_j m_j − Σ_j m_j‖² over ε ≥ 0, Σ_j ε_j = 1, for contributions m [n, num_classes] (section 3).

    Where several do, the one nearest to even shares, up to a penalty of `EVEN` times the mean of ‖m_j − Σ m‖².
    """
    missing = contributions - contributions.sum(axis=0)
    size = np.sqrt(np.square(missing).sum(axis=1).mean()) or 1.0
    # with u = tε the best t for each ε is known: the least ‖Σ u_j (m_j − Σ m)‖² + (Σ u_j − 1)² over u ≥ 0 has the same ε
    shares = _least_nonnegative(np.column_stack([missing / size, np.ones(len(missing))]), EVEN)
    return np.asarray(shares / shares.sum())


def _least_nonnegative(rows: Doubles, ridge: float) -> Doubles:
    """[n] u ≥ 0 that minimises ‖rowsᵀ u − e‖² + ridge ‖u‖² for rows [n, k] that end with a 1, and e with a 1 after zeros.

    Its dual has k unknowns w only, and is that of a linear machine with squared hinges: least ‖w‖² / 2 + ‖(1 − rows w)₊‖² / 2 ridge.
    Newton's method ends there after finitely many steps (Keerthi & DeCoste, JMLR 2005).
    """

    def value(w: Doubles) -> float:
        return float(w @ w + np.square(np.maximum(1 - rows @ w, 0)).sum() / ridge)

    w = np.zeros(rows.shape[1])
    for _ in range(MOST_STEPS):
        short = 1 - rows @ w
        on = rows[short > 0]
        aim = np.linalg.solve(np.eye(len(w)) + on.T @ on / ridge, on.sum(axis=0) / ridge)
        if np.array_equal(1 - rows @ aim > 0, short > 0):
            w = aim
            break
        step, before = 1.0, value(w)
        while value(w + step * (aim - w)) >= before and step > 1e-12:
            step /= 2
        w = w + step * (aim - w)
    shares: Doubles = np.maximum(1 - rows @ w, 0) / ridge
    return shares


ATTRIBUTION = Method(
    name="dnx",
    title="DnX",
    question="With which shares of the nodes does a linear imitation of the model say nearly the same? Edges get their nodes' mean.",
    attribute=attribute,
    prepare=prepare,
    recall=recall,
    parameters=PARAMETERS,
    source="Pereira et al., Distill n' Explain: explaining graph neural networks using simple surrogates, AISTATS 2023, section 3",
    equation=r"\min_{\varepsilon \ge 0,\ \mathbf 1^\top \varepsilon = 1} \left\| \hat A^L_i\,\mathrm{diag}(\varepsilon)\, X \Theta - "
    r"\hat A^L_i X \Theta \right\|_2^2, \quad s_{uv} = \tfrac12 (\varepsilon_u + \varepsilon_v)",
    signed=False,
    scores_features=False,
    unsupported=unsupported,
)
