"""Which design helps: what is said, and what is drawn, of scores that are written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.models.contract import models
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers.across import Scores, measured
from explainers.lenses import designs as lens
from explainers.lenses.designs import figures
from explainers.lenses.designs.groups import BASELINES, DESIGNS, designs_of, usual, words
from tests.explainers.test_across import Ended, ended, scores

NOBODY = RunSpec(DatasetSpec(""), ModelSpec(""))
GCN, MLP = (0.50, 0.52, 0.51), (0.60, 0.62, 0.60)


def made() -> Scores:
    """GraphSAGE beats both on Texas; on Wisconsin it only beats GCN."""
    texas = (ended("texas", "gcn", *GCN), ended("texas", "mlp", *MLP), ended("texas", "sage", 0.70, 0.73, 0.71))
    wisconsin = (ended("wisconsin", "gcn", *GCN), ended("wisconsin", "mlp", *MLP), ended("wisconsin", "sage", 0.61, 0.61, 0.61))
    return scores(*texas, *wisconsin)


def test_the_answer_names_who_is_better_than_both() -> None:
    said = lens.captions(made())
    assert said[0] == (
        "As far as the seeds tell, better than GCN: GraphSAGE on both datasets; better than MLP: GraphSAGE on Texas; "
        "better than both: GraphSAGE on Texas."
    )
    assert said[1].startswith(
        "Pairs of a model and a dataset by design. self and neighbours apart: of 2, 2 better than GCN and 1 better than MLP."
    )
    against = "60.7 ± 2.9 % against 51.0 ± 2.5 %"
    assert said[2] == f"MLP, without any edge, held against GCN: better on Texas ({against}) and Wisconsin ({against})."
    assert "3 seeds" in said[3]
    assert "not corrected for their number" in said[3]


def test_nobody_is_better_where_the_seeds_do_not_tell() -> None:
    found = scores(ended("texas", "gcn", *GCN), ended("texas", "mlp", *MLP), ended("texas", "sage", 0.4, 0.9, 0.7))
    nobody = "better than GCN: nobody; better than MLP: nobody; better than both: nobody."
    assert lens.captions(found)[0] == f"As far as the seeds tell, {nobody}"


def test_runs_without_a_score_are_said_and_judged_no_further() -> None:
    lost = scores(ended("texas", "gcn", np.nan), ended("texas", "mlp", 0.5), ended("texas", "sage", np.nan))
    said = lens.captions(lost)
    assert said[0] == "Nothing is told yet: a model and a baseline need two seeds on the same dataset."
    assert "1 run of GCN on Texas diverged at once and has no score." in said
    assert said[-1].startswith("Test accuracy, one seed, so no spread; every model has its defaults")
    assert lens.captions(scores(ended("texas", "gcn", np.nan)))[-1].startswith("1 run of GCN"), "nothing is said of no seeds"


def test_more_seeds_than_splits_are_said_to_share_them() -> None:
    found = made()
    shared = replace(found, rows=found.rows.assign(split=["0", "0", "1"] * (len(found.rows) // 3)))
    assert "3 seeds, on the splits in turn, so that some share one;" in lens.captions(shared)[-1]
    own = replace(found, rows=found.rows.assign(split=["0", "1", "2"] * (len(found.rows) // 3)))
    assert "3 seeds, each on a split of its own where there are several;" in lens.captions(own)[-1]


def test_runs_that_are_still_to_come_are_counted() -> None:
    whole = [*ended("texas", "gcn", 0.5), *ended("texas", "mlp", 0.6), *ended("texas", "sage", 0.7)]
    assert lens.captions(measured([run.spec for run in whole], [None] * 3)) == ["Nothing of this is trained yet: 3 runs to go."]
    some: list[Ended | None] = [whole[0], None, None]
    assert lens.captions(measured([run.spec for run in whole], some))[0].startswith("1 of 3 runs so far.")


def test_the_table_has_the_best_first_and_says_both_answers() -> None:
    view = figures.table(made())
    assert view.data["model"].tolist() == ["GraphSAGE", "MLP", "GCN"] * 2
    assert view.data["dataset"].tolist() == ["Texas"] * 3 + ["Wisconsin"] * 3
    first = view.data.iloc[0]
    assert first["than GCN"] == "+20.3 ± 1.4, better"
    assert first["than MLP"].endswith("better")
    assert view.data.iloc[3]["than MLP"] == "+0.3 ± 2.9, not told apart"
    assert first["design"] == "self and neighbours apart"


def test_verdicts_are_told_by_shape_as_well() -> None:
    chart = figures.differences(made(), "mlp")
    drawn = {(trace.name, trace.marker.symbol) for trace in chart.figure.data}
    assert drawn == {("better", "circle"), ("worse", "x"), ("not told apart", "circle-open")}
    assert "MLP" in chart.reading
    assert set(chart.data["model"]) == {"gcn", "sage"}
    assert sum(trace.showlegend for trace in chart.figure.data) == 3, "one entry a verdict"


def test_tables_of_the_command() -> None:
    tables = lens.tables(made())
    assert list(tables) == ["summary", "scores", "against_gcn", "against_mlp"]
    assert list(tables["scores"]) == ["dataset", "model", "seed", "split", "metric", "test_score"]
    assert len(tables["scores"]) == 18


def test_the_baselines_are_always_among_the_models() -> None:
    values = resolve(lens.LENS.parameters, {"datasets": "texas", "models": "sage"}, "lens")
    assert list(dict.fromkeys(run.model.name for run in lens.plan(NOBODY, 2, values))) == [*BASELINES, "sage"]
    with pytest.raises(UserError, match="sagee"):
        lens.plan(NOBODY, 1, values | {"models": "sagee"})
    with pytest.raises(UserError, match="texass"):
        lens.plan(NOBODY, 1, values | {"datasets": "texass"})


def test_every_model_of_a_design_is_a_model() -> None:
    known = models()
    assert {name for design in DESIGNS for name in design.models} <= set(known)
    assert usual(known)[:3] == ("gcn", "mlp", "gat")
    assert usual(("mlp", "sage")) == ("mlp", "sage")


def test_a_model_may_be_of_several_designs() -> None:
    assert [design.name for design in designs_of("h2gcn")] == ["separation", "higher_order"]
    assert words("mlp") == "no neighbours"
    assert words("gcn") == "none of these"
