"""The dictionary lookup: its tables, pictures and sentences, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.work import Cancelled
from explainers.cli import main
from explainers.lenses.dictionary_lookup import LENS, Live, Lookups, captions, draw, kept, plan, stored, tables
from explainers.lenses.dictionary_lookup.comparison import STEP, compare
from explainers.lenses.dictionary_lookup.figures import live_figure
from explainers.lenses.dictionary_lookup.ranking import distinct_argmax, lowest_tau
from explainers.lenses.dictionary_lookup.result import ACCURACY, ATTENDED, CURVES, PROBLEMS, RANKINGS, Variant, cells, variants
from explainers.lenses.dictionary_lookup.sentences import ranks
from explainers.lenses.dictionary_lookup.shares import answered, own_key, own_key_ceiling
from explainers.runner import run_lens

SUMMARY = ("model", "heads", "size", "seeds", "test_permutations", "test_queries", "test", "test_low", "test_high", "train")
NOBODY = RunSpec(DatasetSpec("no such dataset"), ModelSpec("no such model"))


def settings(**given: object) -> dict[str, Any]:
    return resolve(LENS.parameters, given, "lens")


def silent(*_: object, **__: object) -> None:
    pass


@pytest.fixture(scope="module")
def small() -> Lookups:
    return compare(silent, [3, 4], variants(("gat", "gatv2", "gin"), (1, 2)), 2, 7)


def test_tables_have_a_row_each(small: Lookups) -> None:
    found = tables(small)
    assert {name: tuple(frame) for name, frame in found.items()} == {
        "accuracy": ACCURACY,
        "summary": SUMMARY,
        "attention": ATTENDED,
        "rankings": RANKINGS,
    }
    assert (tuple(small.curves), tuple(small.problems)) == (CURVES, PROBLEMS)
    cells = 2 * 2  # sizes × seeds
    assert len(small.accuracy) == 5 * cells
    assert len(small.rankings) == (1 + 2) * 2 * cells
    assert len(small.attention) == (1 + 2) * 2 * 2 * (9 + 16)
    assert set(small.attention["model"]) == {"gat", "gatv2"}
    assert small.accuracy[small.accuracy["model"] == "gin"]["heads"].tolist() == [0] * cells
    assert small.accuracy[["train", "test"]].stack().between(0, 1).all()
    assert small.curves.groupby(["model", "heads", "size", "seed"])["epoch"].apply(list).tolist() == [[5, 7]] * 5 * cells
    last = small.curves[small.curves["epoch"] == 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(last[list(ACCURACY)], small.accuracy)


def test_rankings_are_of_the_scores_that_are_shown(small: Lookups) -> None:
    keys = ["model", "heads", "size", "seed", "head"]
    for cell, rows in small.attention.groupby(keys):
        scores = rows.pivot_table(index="query", columns="key", values="score").to_numpy()
        (row,) = small.rankings[(small.rankings[keys] == list(cell)).all(axis=1)].to_dict("records")
        assert row["kendall_tau_min"] == lowest_tau(scores)
        assert row["distinct_argmax"] == distinct_argmax(scores)
    static = small.rankings[small.rankings["model"] == "gat"]
    assert (static["kendall_tau_min"] == 1).all()
    assert (static["distinct_argmax"] == 1).all()
    shares = small.attention.groupby([*keys, "query"])["alpha"].sum()
    assert shares.between(0, 1, inclusive="neither").all()  # the rest is the query's own loop


def test_equal_seeds_give_equal_bits(small: Lookups) -> None:
    again = compare(silent, [4], variants(("gin", "gat"), (2,)), 2, 7)
    for name in ("accuracy", "curves", "attention"):
        old, new = (getattr(result, name) for result in (small, again))
        mine = old[(old["size"] == 4) & ((old["model"] == "gin") | (old["model"] == "gat") & (old["heads"] == 2))]
        order = ["seed", "model"]
        pd.testing.assert_frame_equal(
            *(frame.sort_values(order, kind="stable").reset_index(drop=True) for frame in (mine, new)), check_exact=True
        )


def test_what_was_trained_is_kept_and_only_the_rest_is_trained(tmp_path: Path) -> None:
    trained: list[str] = []

    def report(done: float = 0, total: float = 0, message: str = "", snapshot: Any = None) -> None:
        trained.append(message.partition(":")[0])

    before = compare(report, [3], variants(("gat",), (1,)), 1, 2, tmp_path)
    asked = cells([3, 4], variants(("gat", "gin"), (1,)), 2, 2)
    assert kept.read(tmp_path, asked) is None, "the others are missing"
    trained.clear()
    whole = compare(report, [3, 4], variants(("gat", "gin"), (1,)), 2, 2, tmp_path)
    assert "GAT, 1 head, 3 keys, seed 0" not in trained
    assert len(set(trained)) == 7
    again = kept.read(tmp_path, asked)
    assert again is not None
    plain = compare(report, [3, 4], variants(("gat", "gin"), (1,)), 2, 2)
    for name in ("accuracy", "attention", "rankings", "curves", "problems"):
        for one in (whole, again):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(plain, name), check_exact=True)
    pd.testing.assert_frame_equal(before.accuracy, plain.accuracy.iloc[:1], check_exact=True)
    assert stored(tmp_path, 2, {"sizes": "3,4", "models": "gat,gin", "heads": "1", "epochs": "2"}) is not None


def test_what_other_code_or_other_epochs_gave_and_what_is_damaged_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = cells([3], variants(("gin",), (1,)), 1, 1)
    compare(silent, [3], variants(("gin",), (1,)), 1, 1, tmp_path)
    assert kept.get(tmp_path, cell) is not None
    assert kept.get(tmp_path, replace(cell, epochs=2)) is None
    with monkeypatch.context() as changed:
        changed.setattr(kept, "joint_version", lambda *_: "other")
        assert kept.get(tmp_path, cell) is None
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:200])
    assert kept.get(tmp_path, cell) is None
    assert compare(silent, [3], variants(("gin",), (1,)), 1, 1, tmp_path).accuracy["seed"].tolist() == [0], "it is trained anew"


def test_the_newest_trainings_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    compare(silent, [3], variants(("gin",), (1,)), 3, 1, tmp_path)
    assert [kept.get(tmp_path, cell) is not None for cell in cells([3], variants(("gin",), (1,)), 3, 1)] == [False, True, True]


def test_every_epoch_is_reported_with_curves_to_draw_and_can_be_the_last() -> None:
    seen: list[tuple[float, float, Live]] = []

    def report(done: float = 0, total: float = 0, message: str = "", snapshot: Any = None) -> None:
        seen.append((done, total, snapshot()))
        if len(seen) == 9:
            raise Cancelled

    with pytest.raises(Cancelled):
        compare(report, [3], variants(("gat", "gatv2"), (1,)), 1, 6)
    cost = 5 * 3**2 + STEP  # edges of the five training examples, and one step
    assert [done for done, _, _ in seen] == [cost * epoch for epoch in range(1, 10)]
    assert {total for _, total, _ in seen} == {cost * 12}
    assert seen[3][2].curves.empty
    assert seen[-1][2].curves["epoch"].tolist() == [5, 6]
    assert all(live_figure(live) for _, _, live in seen)


def test_views_and_what_is_said(small: Lookups) -> None:
    views = draw(small)
    assert list(views) == ["accuracy", "own_key", "alpha", "score", "rankings", "curves", "problems"]
    assert "4 permutations (16 queries) not trained on; dotted: the 20 trained on" in views["curves"].reading
    maps = views["alpha"].figure
    assert [trace.type for trace in maps.data] == ["heatmap", "scatter"] * 6
    rings = maps.data[1]
    mine = small.attention[(small.attention["size"] == 4) & (small.attention["seed"] == 0)]
    first = mine[(mine["model"] == "gat") & (mine["heads"] == 1)].pivot_table(index="query", columns="key", values="score")
    assert list(rings.x) == first.to_numpy().argmax(axis=1).tolist()
    said = captions(small)
    assert said[0].startswith(
        "With 3 keys GAT with 1 head ranks the keys alike for every query in each of 2 seeds (τ = 1, 1 of 3 keys is anyone's first choice) "
        "and answers "
    )
    assert " of 2 × 3 queries in 2 × 1 unseen combination (95 % interval, the wider of that over seeds and that over comb" in said[0]
    assert said[0].endswith("guessing 33.3 %).")
    assert "Of the 24 permutations of 4 values, 20 are trained on and 4 others tested" in said[-1]
    assert "(with so few, one of them right or wrong moves the share by 12.5 points)" in said[-1]


def scored(size: int, tested: int, scores: list[float]) -> Lookups:
    """A GAT of one head with these test shares, a seed each."""
    cell = {"model": "gat", "heads": 1, "size": size}
    none = pd.DataFrame(columns=list(ATTENDED))
    return Lookups(
        pd.DataFrame([cell | {"seed": seed, "train": 1.0, "test": score} for seed, score in enumerate(scores)]),
        none,
        pd.DataFrame(columns=list(RANKINGS)),
        none,
        pd.DataFrame([{"size": size, "seed": seed, "test": tested} for seed in range(len(scores))]),
        1,
    )


@pytest.mark.parametrize(
    ("tested", "scores", "low", "high"),
    [
        (4, [1.0], 0.5101, 1.0),  # 4 / (4 + 1.96²)
        (1, [0.0], 0.0, 0.7935),  # 1.96² / (1 + 1.96²)
        (24, [0.5], 0.3143, 0.6857),
        (24, [1.0, 1.0], 0.9259, 1.0),  # seeds that agree have no spread of their own
        (24, [0.9, 1.0], 0.3147, 1.0),  # .95 ± 12.7 · .05, and no share is above 1
    ],
)
def test_an_interval_by_hand(tested: int, scores: list[float], low: float, high: float) -> None:
    found = answered(scored(4, tested, scores), Variant("gat", 1), 4)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
    assert (found.permutations, found.queries, found.seeds) == (tested, 4 * tested, len(scores))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_interval_holds_the_share_where_queries_are_right_or_wrong_together(p: float) -> None:
    """Permutations that are answered whole or not at all, 24 of them: the true share is inside in about 95 of 100 draws."""
    drawn = np.random.default_rng(0).binomial(24, p, 4000) / 24
    inside = {share: (lambda one: one.low <= p <= one.high)(answered(scored(5, 24, [share]), Variant("gat", 1), 5)) for share in set(drawn)}
    assert np.mean([inside[share] for share in drawn]) > 0.93


def test_attention_to_the_own_key_is_the_diagonal_and_a_static_head_stays_below_its_ceiling(small: Lookups) -> None:
    found = own_key(small)
    row = found[(found["model"] == "gatv2") & (found["heads"] == 2) & (found["size"] == 4) & (found["seed"] == 1)].iloc[1]
    keys = ["model", "heads", "size", "seed", "head"]
    rows = small.attention[(small.attention[keys] == row[keys].tolist()).all(axis=1)]
    alpha = rows.pivot_table(index="query", columns="key", values="alpha").to_numpy()
    assert row["own_key"] == pytest.approx(alpha.trace() / 4)
    static = found[found["model"] == "gat"]
    assert (static["own_key"] <= static["size"].map(own_key_ceiling)).all()
    assert "Whatever its weights, a head that ranks the keys alike can give at most 61.1 %" in "\n".join(captions(small))
    assert "GAT with 1 head gives them" in "\n".join(captions(small))
    drawn = draw(small)["own_key"]
    assert drawn.data["ceiling"].tolist() == drawn.data["size"].map(own_key_ceiling).tolist()
    assert len(drawn.figure.data) == 5, "four models that attend, and the ceiling"


def test_what_is_said_of_rankings_by_hand(small: Lookups) -> None:
    def said(taus: list[float], chosen: list[int], heads: int) -> str:
        cell = {"model": "gatv2", "heads": heads, "size": 4, "seed": 0}
        rows = [
            cell | {"head": head, "kendall_tau_min": tau, "distinct_argmax": n}
            for head, (tau, n) in enumerate(zip(taus, chosen, strict=True))
        ]
        return ranks(replace(small, rankings=pd.DataFrame(rows, columns=RANKINGS)), Variant("gatv2", heads), 4)

    alike, nan = "ranks the keys alike for every query", float("nan")
    differently = "ranks the keys differently for different queries"
    assert said([1.0], [1], 1) == f"{alike} (τ = 1, 1 of 4 keys is anyone's first choice) and "
    assert said([1.0, 1.0], [1, 1], 2) == f"{alike} in each of 2 heads (τ = 1, 1 of 4 keys is anyone's first choice) and "
    assert said([1.0, nan], [1, 1], 2) == f"{alike} in 1 of 2 heads (τ = 1, 1 of 4 keys is anyone's first choice) and "
    assert said([-1 / 3], [4], 1) == f"{differently} (lowest τ −0.33, 4 of 4 keys are someone's first choice) and "
    assert said([1.0, 0.5], [1, 2], 2) == f"{differently} in 1 of 2 heads (lowest τ 0.50, 1 to 2 of 4 keys are someone's first choice) and "
    assert said([nan], [1], 1) == ""


def test_baselines_alone_have_no_maps() -> None:
    result = compare(silent, [3], variants(("gcn",), (1, 8)), 1, 2)
    assert result.accuracy["heads"].tolist() == [0]
    assert list(draw(result)) == ["accuracy", "curves", "problems"]
    assert captions(result)[0].startswith("With 3 keys GCN answers ")


def test_static_heads_that_look_up_together_and_what_is_not_defined_are_said(small: Lookups) -> None:
    solved = replace(small, accuracy=small.accuracy.assign(test=1.0))
    assert (
        "GAT with 2 heads answers 100.0 % with 3 keys although each head ranks the keys alike: "
        "what is static is one head, not several together." in captions(solved)
    )
    taus = small.rankings["kendall_tau_min"].where(small.rankings.index > 0)
    partly = replace(small, rankings=small.rankings.assign(kendall_tau_min=taus))
    assert "In 1 head τ is not defined: some query scores all keys alike, and so ranks none." in captions(partly)


def test_nothing_is_asked_of_a_dataset(tmp_path: Any) -> None:
    assert plan(NOBODY, 2, settings()) == ()
    given = {"sizes": "3", "heads": "1", "epochs": 2}
    result = run_lens(silent, lens="dictionary_lookup", spec=NOBODY, seeds=2, values=given, root=tmp_path)
    assert sorted(set(result.accuracy["seed"])) == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["derived"], "no dataset, and no run"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sizes": "1"}, "from 3 to 20"),
        ({"sizes": ""}, "is empty"),
        ({"heads": "0"}, "from 1 to 64"),
        ({"heads": "65"}, "from 1 to 64"),
        ({"models": "gatv3"}, "Did you mean 'gatv2'. Known: gat, gatv2, gcn, gin"),
        ({"models": ""}, "takes some of gat, gatv2, gcn, gin"),
    ],
)
def test_bad_settings_get_a_sentence(given: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError) as error:
        plan(NOBODY, 1, settings(**given))
    assert said.replace("Did you mean 'gatv2'.", "Did you mean 'gatv2'?") in str(error.value)
    words = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    assert main(["lens", "dictionary_lookup", *words]) == 2
    assert str(error.value) in capsys.readouterr().err


def test_no_seeds_are_refused() -> None:
    with pytest.raises(UserError, match="0 seeds give no training"):
        plan(NOBODY, 0, settings())


def test_the_command_needs_neither_dataset_nor_model(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--set", "sizes=3", "--set", "models=gat,gcn", "--set", "heads=64", "--set", "epochs=2", "--seeds", "2"]
    assert main(["lens", "dictionary_lookup", *words, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {name: tuple(rows[0]) for name, rows in found["tables"].items()} == {
        "accuracy": ACCURACY,
        "summary": SUMMARY,
        "attention": ATTENDED,
        "rankings": RANKINGS,
    }
    assert [(row["model"], row["heads"], row["seed"]) for row in found["tables"]["accuracy"]] == [
        ("gat", 64, 0),
        ("gcn", 0, 0),
        ("gat", 64, 1),
        ("gcn", 0, 1),
    ]
    assert found["specs"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dictionary_lookup", "--set", "size=5"], "Did you mean 'sizes'"),
        (["dictionary_lookup", "--set", "width=8"], "no setting of the lens dictionary_lookup 'width'"),
        (["dictionary_lookup", "--seeds", "0"], "from 1 to 1000"),
        (["errors"], "needs --dataset and --model"),
        (["errors", "--dataset", "karate"], "needs --model"),
    ],
)
def test_bad_words_are_exit_2_and_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lens", *words]) == 2
    assert said in capsys.readouterr().err
