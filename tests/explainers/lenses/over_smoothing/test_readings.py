"""What is read from stored runs: it is that of the model that was trained, and is kept."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from core.data import GraphData
from core.datasets.contract import load
from core.errors import UserError
from core.models.contract import model
from core.parameters import resolve
from core.rebuilt import batch_of, gradients_of, module_of, states_of
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import split_of
from core.store import Derived, Store
from core.store.derived import forget
from core.training import train
from core.work import silent
from explainers.lenses.over_smoothing import readings, state_figures, untrained
from explainers.lenses.over_smoothing.measures import BY_NAME, measured
from explainers.lenses.over_smoothing.planes import Planes
from explainers.lenses.over_smoothing.result import Layers


def spec_of(name: str = "gcn", epochs: int = 5, **given: object) -> RunSpec:
    values = settings(resolve(model(name).parameters, given, name))
    return RunSpec(DatasetSpec("karate"), ModelSpec(name, values), TrainingSpec(epochs=epochs))


@pytest.fixture(scope="module")
def karate() -> GraphData:
    return load("karate", {}, lambda _: None)


@pytest.fixture(scope="module")
def run(karate: GraphData) -> Run:
    return train(spec_of(depth=3), graph=karate, device="cpu")


def test_with_its_weights_a_model_says_what_it_said(run: Run, karate: GraphData) -> None:
    batch = batch_of(run.spec, karate)
    with torch.no_grad():
        logits = module_of(run.spec, karate, run.weights)(batch.x, batch.edges)
    np.testing.assert_allclose(logits.numpy(), run.logits, atol=1e-6)


@pytest.mark.parametrize("name", ["gcn", "gat", "sgc", "mlp"])
def test_without_weights_it_is_what_the_training_began_with(name: str, karate: GraphData) -> None:
    """One step of Adam moves a weight by the learning rate at most."""
    spec = replace(spec_of(name, depth=2), training=TrainingSpec(epochs=1, lr=1e-6, weight_decay=0.0))
    begun, after = module_of(spec, karate).state_dict(), train(spec, graph=karate, device="cpu").weights
    assert begun.keys() == after.keys()
    for key, value in begun.items():
        np.testing.assert_allclose(value.numpy(), after[key], atol=2e-6)
    other = module_of(replace(spec, seed=1), karate).state_dict()
    assert any(not torch.equal(begun[key], other[key]) for key in begun)


def test_weights_of_another_model_are_refused(run: Run, karate: GraphData) -> None:
    with pytest.raises(UserError, match="do not fit today's code"):
        module_of(spec_of("gcn", depth=2), karate, run.weights)


def test_gradients_are_those_of_the_training_loss(run: Run, karate: GraphData) -> None:
    batch, module = batch_of(run.spec, karate), module_of(run.spec, karate, run.weights)
    found = gradients_of(module, batch)
    name, weight = next((key, value) for key, value in module.named_parameters() if value.dim() == 2)

    def loss() -> float:
        with torch.no_grad():
            logits = module(batch.x, batch.edges)[batch.train].double()
            return float(functional.cross_entropy(logits, batch.y[batch.train]))

    step = 1e-2
    place = np.unravel_index(np.abs(found[name]).argmax(), found[name].shape)
    ends = []
    for sign in (1, -1):
        with torch.no_grad():
            weight[place] += sign * step
        ends.append(loss())
        with torch.no_grad():
            weight[place] -= sign * step
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(float(found[name][place]), rel=0.02)


def test_at_depth_1_the_classifier_reads_the_features(karate: GraphData) -> None:
    shallow = train(spec_of(depth=1), graph=karate, device="cpu")
    features = measured(karate.features, karate, split_of(karate, shallow.spec.dataset))
    found = readings.read(shallow, karate)
    assert {name: float(value) for name, value in found.items()} == pytest.approx(features, nan_ok=True)


def test_layer_by_layer_ends_in_what_the_classifier_reads(run: Run, karate: GraphData) -> None:
    found, last = readings.layers(run, karate), readings.read(run, karate)
    table = found.measures
    assert sorted(table["layer"].unique()) == [0, 1, 2]
    ending = table[(table["layer"] == 2) & table["trained"]].set_index("measure")["value"]
    assert ending.to_dict() == pytest.approx({name: float(value) for name, value in last.items()}, nan_ok=True)
    assert set(BY_NAME) | {"zero_rows"} == set(ending.index)
    beginning = table[table["layer"] == 0]
    assert beginning[beginning["trained"]]["value"].tolist() == pytest.approx(
        beginning[~beginning["trained"]]["value"].tolist(), nan_ok=True
    )
    assert found.trained is not None
    assert found.trained.xy.shape == (2, 34, 2)
    weights = found.gradients[found.gradients["trained"]]
    assert weights["place"].tolist() == [1, 2, 3]
    assert weights["decay"].tolist() == pytest.approx((5e-4 * weights["size"]).tolist())


def test_what_was_read_is_kept_until_the_run_is_trained_anew(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path).put(run)
    first = readings.read_runs(silent, keys=[run.key, "0" * 16], root=tmp_path)
    assert set(first) == {run.key}, "a run that is gone is left out"
    monkeypatch.setattr(readings, "read", lambda *_: pytest.fail("it was read before"))
    again = readings.read_runs(silent, keys=[run.key], root=tmp_path)
    assert {name: repr(value) for name, value in again[run.key].items()} == {name: repr(value) for name, value in first[run.key].items()}
    assert again[run.key]["mad_gap"].reason == first[run.key]["mad_gap"].reason != ""
    monkeypatch.setattr(readings, "read", lambda *_: {})
    Store(tmp_path).put(run)
    assert readings.read_runs(silent, keys=[run.key], root=tmp_path) == {run.key: {}}


def test_layers_and_smoothed_features_are_kept(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path).put(run)
    dataset = run.spec.dataset

    def asked() -> tuple[Layers | None, tuple[pd.DataFrame, pd.DataFrame, int], tuple[dict[int, list[float]], float]]:
        return (
            readings.read_layers(silent, key=run.key, root=tmp_path),
            untrained.measure_untrained(silent, dataset=dataset, hops=3, root=tmp_path),
            untrained.read_features(silent, datasets=[dataset], depths=[1, 2], root=tmp_path),
        )

    layers, limit, probes = asked()
    for module, name in ((readings, "layers"), (untrained, "untrained"), (untrained, "probes")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it was measured before"))
    layers_again, limit_again, probes_again = asked()
    assert layers is not None
    assert layers_again is not None
    for part in fields(Layers):
        one, other = getattr(layers, part.name), getattr(layers_again, part.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_dtype=len(one) > 0)
        elif isinstance(one, Planes):
            assert all(np.array_equal(getattr(one, name.name), getattr(other, name.name), equal_nan=True) for name in fields(Planes))
        else:
            assert np.array_equal(one, other), part.name
    pd.testing.assert_frame_equal(limit[0], limit_again[0])
    pd.testing.assert_frame_equal(limit[1], limit_again[1])
    assert limit[2] == limit_again[2]
    assert probes == probes_again
    assert readings.read_layers(silent, key="0" * 16, root=tmp_path) is None


def test_arrays_of_other_code_or_damaged_ones_are_not_found(tmp_path: Path) -> None:
    key, kept = "0" * 16, Derived(tmp_path, "work", "1")
    assert kept.get_arrays(key, "today") is None
    kept.put_arrays(key, "today", {"b": np.arange(2), "a": np.array(["x", ""])})
    found = kept.get_arrays(key, "today")
    assert found is not None
    assert {name: values.tolist() for name, values in found.items()} == {"b": [0, 1], "a": ["x", ""]}
    assert list(found) == ["b", "a"]
    assert kept.get_arrays(key, "tomorrow") is None
    assert Derived(tmp_path, "work", "2").get_arrays(key, "today") is None
    path = next(tmp_path.rglob("*.npz"))
    whole = path.read_bytes()
    flipped = [whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :] for place in range(0, len(whole), 7)]
    for number, damage in enumerate([b"", b"PK", whole[:-30], *flipped]):
        path.write_bytes(damage)
        read = kept.get_arrays(key, "today")  # a bit of a time stamp is of no matter
        assert number >= 3 or read is None
        assert read is None or {name: values.tolist() for name, values in read.items()} == {"b": [0, 1], "a": ["x", ""]}
    assert forget(tmp_path, set()) > 0
    assert not path.exists()


def test_derived_numbers_belong_to_a_run_and_to_their_code(tmp_path: Path) -> None:
    key, kept = "0" * 16, Derived(tmp_path, "work", "1")
    assert kept.get(key, "today") is None
    kept.put(key, "today", {"a": 0.1})
    assert kept.get(key, "today") == {"a": 0.1}
    assert kept.get(key, "tomorrow") is None
    assert Derived(tmp_path, "work", "2").get(key, "today") is None
    next(tmp_path.rglob("*.json")).write_text("{")
    assert kept.get(key, "today") is None
    kept.put(key, "today", {"a": 0.1})
    assert forget(tmp_path, {key}) == 0
    assert forget(tmp_path, set()) > 0
    assert kept.get(key, "today") is None


def test_the_limit_without_training(karate: GraphData) -> None:
    split = split_of(karate, DatasetSpec("karate"))
    rows, limits = untrained.untrained(karate, split, 200)
    value = rows.set_index(["operator", "k", "measure"])["value"]
    end = limits.set_index(["operator", "measure"])["value"]
    assert sorted(rows["k"].unique()) == [0, 1, 2, 4, 8, 16, 32, 64, 128, 200]
    course = [value["symmetric", k, "distance_symmetric"] for k in (0, 1, 2, 4, 8, 16, 32, 64)]
    assert all(a > b for a, b in pairwise(course))
    for operator, own, other in (
        ("symmetric", "distance_symmetric", "distance_constant"),
        ("row_stochastic", "distance_constant", "distance_symmetric"),
    ):
        assert value[operator, 200, own] < 1e-6, "the operator's own distance vanishes"
        assert value[operator, 200, other] > 0.1, "the other's does not"
        assert end[operator, own] == pytest.approx(0, abs=1e-12)
        for name in ("distance_symmetric", "distance_constant", "squared_norm", "smv", "effective_rank"):
            assert value[operator, 200, name] == pytest.approx(end[operator, name], abs=1e-4)
    assert untrained.directions(karate) == 1
    probes = untrained.probes(karate, [split, split], [2, 8])
    assert probes == {k: [value["symmetric", k, "linear_probe"]] * 2 for k in (2, 8)}


def test_features_that_are_too_wide_are_not_smoothed(karate: GraphData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrained, "WIDEST", 100)
    split = split_of(karate, DatasetSpec("karate"))
    rows, limits = untrained.untrained(karate, split, 4)
    assert rows["value"].isna().all()
    assert limits["value"].isna().all()
    assert set(rows["reason"]) == {"34 nodes × 34 columns are more than 100 numbers"}
    assert math.isnan(untrained.probes(karate, [split], [1])[1][0])
    assert math.isnan(untrained.features_energy(karate))


def test_weight_decay_of_parts_and_of_the_first_layer_alone(karate: GraphData) -> None:
    """GCNII decays its inner layers by a multiple; with the scope "first" only the layer that meets the features is decayed."""
    spec = spec_of("gcnii", depth=2, inner_decay=20)
    table = readings.layers(train(spec, graph=karate, device="cpu"), karate).gradients
    rows = table[table["trained"]].set_index("weight")
    inner = [name for name in rows.index if rows.loc[name, "decay"] == pytest.approx(20 * 5e-4 * rows.loc[name, "size"])]
    outer = [name for name in rows.index if rows.loc[name, "decay"] == pytest.approx(5e-4 * rows.loc[name, "size"])]
    assert (len(inner), len(outer)) == (2, 2)
    scoped = replace(spec_of(depth=3), training=TrainingSpec(epochs=2, decay_scope="first"))
    table = readings.layers(train(scoped, graph=karate, device="cpu"), karate).gradients
    assert (table[table["trained"]]["decay"] > 0).tolist() == [True, False, False]


def test_learned_smoothing_is_told_layer_by_layer(karate: GraphData) -> None:
    run = train(spec_of("omega_gcn", depth=2, width=3), graph=karate, device="cpu")
    found = readings.layers(run, karate).omega
    assert found[["layer", "channel"]].to_numpy().tolist() == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]
    learned = np.concatenate([np.ravel(weight) for name, weight in run.weights.items() if name.endswith("omega")])
    np.testing.assert_allclose(found["omega"], learned)
    assert np.shape(state_figures.omegas(readings.layers(run, karate)).figure.data[0].z) == (2, 3)


def test_a_model_without_learned_smoothing_has_none_and_its_layers_stand_side_by_side(run: Run, karate: GraphData) -> None:
    found = readings.layers(run, karate)
    assert found.omega.empty
    chart = state_figures.small_multiples(found, karate.labels[found.nodes], karate.class_names)
    assert [title.text.split(":")[0] for title in chart.figure.layout.annotations] == ["layer 1", "layer 2"]
    assert sum(len(trace.x) for trace in chart.figure.data) == 2 * 34


def test_a_model_without_features_reads_a_direction_of_its_own_for_each_node(karate: GraphData) -> None:
    found = readings.read(train(spec_of("gcn_structure", depth=1), graph=karate, device="cpu"), karate)
    assert found["effective_rank"] == pytest.approx(34)
    assert found["squared_norm"] == 34


def test_a_run_of_other_code_is_said_and_the_others_are_read(tmp_path: Path, run: Run) -> None:
    Store(tmp_path).put(run)
    broken = replace(run, spec=spec_of(depth=2))
    Store(tmp_path).put(broken)
    found = readings.read_runs(silent, keys=[broken.key, run.key], root=tmp_path)
    assert math.isnan(found[broken.key]["relative_energy"])
    assert "do not fit today's code" in found[broken.key]["relative_energy"].reason
    assert found[run.key]["relative_energy"] > 0


def test_states_of_a_module_are_those_of_its_layers(run: Run, karate: GraphData) -> None:
    states = states_of(module_of(run.spec, karate, run.weights), batch_of(run.spec, karate))
    assert [state.shape for state in states] == [(34, 16), (34, 16)]
