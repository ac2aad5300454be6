from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.spec import ModelSpec
from explainers.contract import Unsupported
from explainers.lenses.embedding import captions, draw, measure, scatter
from explainers.node_scatter import COLOUR_BY

PCA = {"method": "pca", "step": -1}


def recording(steps: int = 3, nodes: tuple[int, ...] = tuple(range(7)), width: int = 4) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "embedding.epochs": np.arange(steps) * 10,
        "embedding.nodes": np.array(nodes),
        "embedding.states": random.normal(size=(steps, len(nodes), width)).astype(np.float16),
        "embedding.predictions": random.integers(0, 2, (steps, 7)).astype(np.int16),
        "embedding.confidence": random.uniform(0.5, 1, (steps, 7)).astype(np.float16),
    }


@pytest.fixture
def result(context_of, make_run):
    run = make_run([0] * 7, history=np.full((20, 5), 0.5), best_epoch=12, probes=recording())
    return measure(context_of(run), PCA)


def test_all_steps_in_one_plane(result) -> None:
    assert result.coordinates.shape == (3, 7, 2)
    assert result.epochs.tolist() == [0, 10, 20]
    assert result.start == 1
    assert "PCA, epoch 10 (the kept one is 12), seed 0: hidden states of 7 nodes." in captions(result)[0]
    shown = 100 * result.explained[1].sum()
    assert captions(result)[1].startswith(f"The plane shows {shown:.0f} % of the spread of the 4 dimensions; ")


@pytest.mark.parametrize("by", COLOUR_BY)
def test_every_colouring_shows_every_node_once_in_a_frame_that_stands_still(result, by) -> None:
    figures = [scatter(result, step, by) for step in range(3)]
    assert len({figure.layout.xaxis.range for figure in figures}) == 1
    assert len({tuple(trace.name for trace in figure.data) for figure in figures}) == 1
    for step, figure in enumerate(figures):
        nodes = np.concatenate([trace.customdata for trace in figure.data])
        assert sorted(nodes) == list(range(7))
        x = np.concatenate([trace.x for trace in figure.data])
        assert x == pytest.approx(result.coordinates[step][nodes, 0])
        assert figure.layout.xaxis.range[0] < x.min() <= x.max() < figure.layout.xaxis.range[1]
    assert figures[0].layout.yaxis.scaleanchor == "x"


def test_selected_nodes_stand_out_and_the_others_stay(result) -> None:
    figure = scatter(result, 0, "class", selected=[0, 2])
    picked = [node for trace in figure.data for node in trace.customdata[list(trace.selectedpoints)]]
    assert sorted(picked) == [0, 2]
    assert all(trace.unselected.marker.opacity > 0 for trace in figure.data)
    assert all(trace.selectedpoints is None for trace in scatter(result, 0, "class").data)


def test_classes_beyond_eight_have_shapes_and_names_are_escaped(result) -> None:
    many = replace(result, class_names=("<i>", *(str(k) for k in range(9))))
    traces = scatter(many, 0, "class").data
    assert traces[0].name == "&lt;i&gt;"
    assert traces[0].marker.color == traces[8].marker.color
    assert traces[0].marker.symbol != traces[8].marker.symbol


def test_an_unknown_colouring(result) -> None:
    with pytest.raises(UserError, match="Did you mean 'split'"):
        scatter(result, 0, "splt")


def test_a_sample_says_so(context_of, make_run) -> None:
    run = make_run([0] * 7, probes=recording(nodes=(1, 4, 5)))
    sampled = measure(context_of(run), PCA)
    assert sampled.labels.tolist() == [0, 0, -1]
    assert "3 of 7 nodes, drawn at random" in captions(sampled)[0]
    assert scatter(sampled, 0, "class").data[-1].name == "unknown"


def test_every_node_is_known_beyond_the_sample(context_of, make_run) -> None:
    probes = recording(nodes=(1, 4, 5))
    sampled = measure(context_of(make_run([0] * 7, probes=probes)), PCA)
    assert sampled.graph_predictions.tolist() == probes["embedding.predictions"].tolist()
    assert sampled.graph_confidence == pytest.approx(probes["embedding.confidence"])
    assert sampled.predictions.tolist() == sampled.graph_predictions[:, [1, 4, 5]].tolist()


def test_captions_are_of_the_step_asked_for(result) -> None:
    assert captions(result, 1) == captions(result)
    assert captions(result, 2)[0].startswith("PCA, epoch 20 (the kept one is 12)")
    assert f"{100 * result.between[2]:.0f} % of the spread lies between classes" in captions(result, 2)[1]
    assert "it was" not in captions(result, 0)[1]


@pytest.mark.parametrize(
    ("model", "depth", "width", "words"),
    [
        ("gcn", 2, 4, "hidden states"),
        ("gcn", 1, 2, "logits"),
        ("gcnii", 1, 4, "hidden states"),
        ("sgc", 2, 2, "propagated class scores"),
        ("appnp", 10, 2, "propagated class scores"),
        ("dgmlp", 10, 4, "hidden states"),
    ],
)
def test_what_the_states_are_is_said(context_of, make_run, model, depth, width, words) -> None:
    run = make_run([0] * 7, probes=recording(width=width))
    spec = replace(run.spec, model=ModelSpec(model, (("depth", depth),)))
    found = measure(context_of(replace(run, spec=spec)), PCA)
    assert f": {words} of 7 nodes." in captions(found)[0]
    assert ("hidden layer" if words == "hidden states" else words) in draw(found)["embedding"].reading


def test_tsne_draws_one_step(context_of, make_run) -> None:
    run = make_run([0] * 7, history=np.full((20, 5), 0.5), best_epoch=12, probes=recording())
    nearest, chosen, beyond = (measure(context_of(run), {"method": "tsne", "step": step}) for step in (-1, 2, 39))
    assert nearest.epochs.tolist() == [10]
    assert chosen.epochs.tolist() == beyond.epochs.tolist() == [20]
    assert set(draw(chosen)) == {"embedding"}
    assert captions(chosen)[0] == "t-SNE, epoch 20 (the kept one is 12), seed 0: hidden states of 7 nodes."


def test_collapsed_states_have_no_spread(context_of, make_run) -> None:
    probes = recording()
    probes["embedding.states"][2] = 1
    collapsed = measure(context_of(make_run([0] * 7, history=np.full((20, 5), 0.5), best_epoch=20, probes=probes)), PCA)
    assert captions(collapsed)[1] == "All nodes have the same state at this epoch: no spread to draw."
    assert draw(collapsed)


def test_states_that_diverged_are_left_out(context_of, make_run) -> None:
    probes = recording()
    probes["embedding.states"][2, 0, 0] = np.nan
    left = measure(context_of(make_run([0] * 7, probes=probes)), PCA)
    assert left.epochs.tolist() == [0, 10]
    assert "From epoch 20 on" in captions(left)[-1]
    probes["embedding.states"][:] = np.inf
    with pytest.raises(Unsupported, match="diverged at once"):
        measure(context_of(make_run([0] * 7, probes=probes)), PCA)


def test_a_run_without_a_recording(context_of, make_run) -> None:
    with pytest.raises(Unsupported, match="train it again"):
        measure(context_of(make_run([0] * 7)), PCA)
