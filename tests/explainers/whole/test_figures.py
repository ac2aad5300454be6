"""What the pictures and sentences of many nodes say: each number where it belongs."""

from dataclasses import replace

import numpy as np
import pytest

from core.seeds import Interval
from core.work import silent
from explainers.trust.comparison import Request
from explainers.trust.scores import Ask
from explainers.whole import answer, figures, tables
from explainers.whole.measure import summed_up
from explainers.whole.result import Against, Shares, Summary, Whole, against

NODES = np.arange(10, 14)
CLASSES = ("<b>a</b>", "b")


def summary(name, title, by_pair, by_hop, features, *values):
    bins = np.zeros(9)
    bins[[0, 1, 4]] = by_pair
    hops = np.zeros(10)
    hops[:2] = by_hop
    edges, near = np.zeros(9), np.zeros(10)
    edges[[0, 1, 4]], near[:2] = (0.5, 0.25, 0.25), (0.2, 0.8)
    metrics = ("probability_fidelity_plus", "unfaithfulness")
    return Summary(name, title, Shares(bins, edges, 4), Shares(hops, near, 4), features, dict(zip(metrics, values, strict=True)), 0.1)


@pytest.fixture
def whole() -> Whole:
    """Four wrong nodes of two classes; occlusion is better than random edges on fidelity+ by 0.3 ± 0.06, saliency is not."""
    random, words = np.array([0.1, 0.1, 0.2, 0.2]), {"7 <i>word</i>": 0.5, "feature 3": 0.25}
    found = {
        "saliency": (
            "Saliency",
            (0.5, 0.25, 0.25),
            (0.2, 0.8),
            words,
            np.add(random, (0.1, -0.1, 0.1, -0.1)),
        ),
        "occlusion": ("Edge occlusion", (0.2, 0.2, 0.6), (0.9, 0.1), {}, np.add(random, (0.25, 0.3, 0.3, 0.35))),
        "random": ("Random edges", (0.5, 0.25, 0.25), (0.2, 0.8), {}, random),
    }
    every = tuple(summary(name, *parts, np.array([0.2, 0.2, 0.1, np.nan])) for name, parts in found.items())
    rows = tuple(
        against(one.method, metric, one.values[metric], every[-1].values[metric])
        for one in every[:-1]
        for metric in ("probability_fidelity_plus", "unfaithfulness")
    )
    return Whole("karate", "GCN", NODES, 4, 4, CLASSES, False, every, rows, 10, "deleted", 2, 10, ("X was left out: because.",))


def test_the_answer_counts_and_names_the_best(whole):
    first, others, how, *notes = answer.captions(whole)
    assert first == (
        "On 4 wrong nodes, 1 of 2 methods beats random edges on fidelity+ (probability); the best is Edge occlusion: +0.30 ± 0.06."
    )
    assert others == "How many beat random edges on the other metrics: unfaithfulness 0 of 2."
    assert how == (
        "GCN on karate. Cut edges are deleted; an explanation is the 10 highest edges; 2 seeds of each method that draws random numbers; "
        "10 draws for robust fidelity."
    )
    assert notes == ["X was left out: because."]


def test_the_answer_where_nothing_wins_or_can_be_told(whole):
    lost = replace(whole, against=tuple(one for one in whole.against if one.method == "saliency"), wrong=1)
    said = "On 4 nodes (1 of them wrong), Saliency does not beat random edges on fidelity+ (probability): +0.00 ± 0.18."
    assert answer.captions(lost)[0] == said
    worse = Against("occlusion", "probability_fidelity_plus", Interval(-0.2, -0.3, -0.1, 4), "worse")
    assert (
        "none of 2 methods beats random edges on fidelity+ (probability); 1 is worse."
        in answer.captions(replace(lost, against=(*lost.against, worse)))[0]
    )
    assert "Edge occlusion is worse than random edges" in answer.captions(replace(whole, against=(worse,)))[0]
    single = replace(whole, against=(against("saliency", "probability_fidelity_plus", [0.3], [0.1]),))
    assert "no method can be told from random edges" in answer.captions(single)[0]
    assert "is not defined for any method" in answer.captions(replace(whole, against=()))[0]
    assert "4 of 900 nodes were explained" in " ".join(answer.captions(replace(whole, asked=900)))


def test_findings_of_a_method(whole):
    assert answer.findings(whole, "occlusion") == [
        "Edges within one class carry 80 % of the importance and are 75 % of the edges within reach.",
        "Most above its number: 60 % on edges within “b”, 25 % of the edges.",
        "The node's own edges carry 90 % and are 20 % of the edges.",
    ]
    assert len(answer.findings(whole, "random")) == 2, "nothing stands out"
    directed = replace(whole, directed=True)
    shares = directed.of("occlusion").by_class_pair
    shares.importance[[1, 4]] = (0.6, 0.2)
    assert "from “<b>a</b>” to “b”" in answer.findings(directed, "occlusion")[1]
    nothing = replace(whole.of("saliency"), by_hop=Shares(np.full(10, np.nan), np.full(10, np.nan), 0))
    assert answer.findings(replace(whole, summaries=(nothing,)), "saliency")[0].startswith("Saliency gives no edge a score")


def test_each_method_against_chance(whole):
    chart = figures.beats_random(whole)
    marks = {
        (one.name, one.xaxis or "x", name): (one.x[place], one.error_x.array[place], one.marker.symbol)
        for one in chart.figure.data
        for place, name in enumerate(one.y)
    }
    mean, half, symbol = marks["beats random", "x", "Edge occlusion"]
    assert (mean, symbol) == (pytest.approx(0.3), "circle")
    assert half == pytest.approx(3.18245 * np.std([0.25, 0.3, 0.3, 0.35], ddof=1) / 2, abs=1e-4)
    assert marks["no difference", "x", "Saliency"][0] == pytest.approx(0)
    assert sum(bool(one.showlegend) for one in chart.figure.data) == 2, "each verdict once"
    assert list(chart.figure.layout.yaxis.categoryarray) == ["Saliency", "Edge occlusion"], "the best on top"
    titles = [annotation.text for annotation in chart.figure.layout.annotations]
    assert titles[0].endswith("better →</sup>")
    assert titles[3].endswith("← better</sup>")
    assert len(chart.data) == 4


def test_classes_that_the_edges_join(whole):
    chart = figures.class_pairs(whole, "occlusion")
    (heat,) = chart.figure.data
    assert [list(row) for row in heat.text] == [["20%", "20%"], ["", "60%"]]
    assert heat.z[1][1] == pytest.approx(np.log2(0.6 / 0.25))
    assert np.isnan(heat.z[1][0])
    assert heat.customdata[0][1] == "&lt;b&gt;a&lt;/b&gt; – b<br>20.0 % of the importance on 25.0 % of the edges: 0.80 times"
    assert "<b>" not in "".join(chart.figure.layout.xaxis.ticktext)
    assert chart.data["lift"].tolist() == pytest.approx([0.4, 0.8, 2.4])


def test_unknown_classes_are_drawn_where_they_are(whole):
    shares = whole.of("saliency").by_class_pair
    assert len(figures.class_pairs(whole, "saliency").figure.data[0].z) == 2
    shares.edges[2] = 0.1
    assert len(figures.class_pairs(whole, "saliency").figure.data[0].z) == 3


def test_hops_features_and_spread(whole):
    importance, edges = figures.hops(whole, "occlusion").figure.data
    assert (list(importance.x), list(importance.y), list(edges.y)) == (["0", "1"], [0.9, 0.1], [0.2, 0.8])
    assert figures.features(whole, "occlusion") is None
    (bar,) = figures.features(whole, "saliency").figure.data
    assert (list(bar.x), list(bar.y)) == ([0.5, 0.25], ["7 &lt;i&gt;word&lt;/i&gt;", "feature 3"])
    chart = figures.distribution(whole, "unfaithfulness")
    assert [one.name for one in chart.figure.data] == ["Saliency", "Edge occlusion", "Random edges"]
    assert list(chart.figure.data[0].customdata) == NODES.tolist()
    assert "Low is good" in chart.reading
    assert len(chart.data) == 12
    assert list(whole.metrics) == ["probability_fidelity_plus", "unfaithfulness"]
    assert figures.first_metric(whole) == 0


def test_the_last_hop_says_that_it_holds_more(whole):
    own = whole.of("saliency")
    own.by_hop.edges[:] = 0.1
    names = tables.by_hop(own)["hop"].tolist()
    assert (names[0], names[-1], len(names)) == ("0", "9 and over", 10)


def test_tables_of_all_methods(whole):
    found = tables.records(whole)
    assert [row["method"] for row in found["by_hop"]] == ["saliency"] * 2 + ["occlusion"] * 2 + ["random"] * 2
    assert list(found["by_class_pair"][0]) == ["method", "first", "second", "importance", "edges", "lift"]
    assert list(found["against_random"][0]) == ["method", "metric", "difference", "low", "high", "n", "verdict"]
    assert list(tables.by_class_pair(replace(whole, directed=True), whole.of("saliency")))[:2] == ["from", "to"]
    assert tables.records(replace(whole, against=()))["against_random"] == []


def test_a_real_answer_is_drawn(whole, run, karate):
    """Of whatever a model gives; `whole` above is made up."""

    for nodes in ((5,), (1, 5, 9, 30)):
        real = summed_up(run, karate, Request(("saliency", "occlusion"), nodes, 2, Ask(keep=4, samples=2)), silent)
        assert all(chart.figure.data for chart in [figures.beats_random(real), figures.hops(real, "occlusion")])
        assert all(figures.distribution(real, metric).figure.data for metric in real.metrics)
        assert all(answer.captions(real))
        assert all(answer.findings(real, "random"))
