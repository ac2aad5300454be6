"""Attention held against other explanations."""

import numpy as np
import pandas as pd
import pytest

from explainers.lenses.attention.explains import METHODS, explains
from explainers.lenses.attention.explains_figures import VIEWS, sentences


def test_bars_of_correlations_end_where_correlations_do():
    found = pd.DataFrame([{"node": node, "method": "occlusion", "rank_correlation": rho} for node, rho in enumerate((1.0, 0.9, 0.2))])
    drawn = VIEWS["correlations"](found).figure.data[0]
    assert drawn.x[0] + drawn.error_x.array[0] == 1
    assert drawn.x[0] - drawn.error_x.arrayminus[0] == pytest.approx(0.7 - 4.302653 * np.std([1, 0.9, 0.2], ddof=1) / np.sqrt(3), abs=1e-5)


def test_attention_is_held_against_other_explanations(run, karate):
    found = explains(run, karate, 3)
    assert set(found["method"]) == {*METHODS, "random"}
    assert found["node"].nunique() == 3
    own = found[found["method"] == "attention"]
    assert own["rank_correlation"].tolist() == pytest.approx([1, 1, 1]), "with itself"
    rows = found.assign(rank_correlation=np.where(found["method"] == "occlusion", 0.5, found["rank_correlation"]))
    assert sentences(rows)[0] == (
        "On 3 test nodes with 10 to 600 edges within reach (others are not asked) the order of edges by attention goes with the order "
        "by the effect of deleting them: ρ = 0.50 ± 0.00."
    )
    assert sentences(rows)[1].startswith("Beside 5 random edges: without attention's 5 best the predicted class falls ")
    assert "the 5 best edges, deleted" in VIEWS["fidelities"](rows).source
    assert {"correlations", "fidelities"} == {name for name, view in VIEWS.items() if len(view(found).data)}
    assert sentences(found.iloc[:0]) == ["No test node has 10 to 600 edges within reach, as those that are asked about have."]
