"""One channel of a step: its formula, its sentences, its bars and its table."""

import numpy as np
import pytest

from core.data import GraphData
from core.errors import UserError
from explainers.arithmetic.channel import channel, channel_name, channels_of
from explainers.arithmetic.figures import contributions_chart, rows, terms_table
from explainers.arithmetic.formula import captions, formula, number
from explainers.arithmetic.result import Arithmetic, Step

NAMES = ("cats & dogs", "b")


def floats(*values):
    return np.array(values, dtype=np.float32)


def a_step(given=(2.0, -1.0, 0.5), coefficient=0.5, **changes):
    """Terms of node 7 itself, 1, 2 …, the contributions to channel 0 given; those to channel 1 are ten times that."""
    messages = np.array(given, dtype=np.float32) / coefficient
    values = {
        "title": "Layer 1",
        "nodes": np.array([7, *range(1, len(given))])[: len(given)],
        "labels": ("itself", *(f"node {node}" for node in range(1, len(given))))[: len(given)],
        "coefficient": np.full((len(given), 1), coefficient, dtype=np.float32),
        "messages": np.stack([messages, 10 * messages], axis=1)[:, None],
        "merge": "concatenated",
        "summed": floats(sum(given), 10 * sum(given)),
        "output": floats(sum(given), 10 * sum(given)),
    }
    return Step(**{**values, **changes})


@pytest.fixture
def graph():
    return GraphData(
        name="g",
        features=np.zeros((40, 1), np.float32),
        edge_index=np.zeros((2, 0), np.int64),
        labels=np.zeros(40, np.int64),
        class_names=("<b>x</b>", "y"),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.2, "1.20"), (-0.2, "−0.20"), (0.0, "0.00"), (-0.0069, "−0.0069"), (0.052, "0.052"), (-3.1e-05, "−3.1e-05"), (123456.0, "1.2e+05")],
)
def test_numbers(value, text):
    assert number(value) == text


def test_formula_with_its_numbers():
    step = a_step(bias=floats(-0.5, 0), activation="ReLU", summed=floats(1, 15), activated=floats(1, 15), residual=floats(2, 0))
    found = formula(channel(step, 0), NAMES)
    assert found == (
        r"\begin{aligned}z_{0} &= \underbrace{0.50\cdot 4.00}_{\text{itself}} + \underbrace{0.50\cdot (-2.00)}_{\text{node 1}} + "
        r"\underbrace{0.50\cdot 1.00}_{\text{node 2}} + \underbrace{(-0.50)}_{b} = 1.00 \\[4pt] "
        r"& \phantom{=}\ 1.00 \xrightarrow{\text{ReLU}} 1.00 \xrightarrow{\;+\,2.00\ \text{residual}\;} 15.00\end{aligned}"
    ).replace("15.00", "1.50")


def test_many_terms_are_one_number_and_the_sum_stays():
    given = (5.0, 4.0, 3.0, 2.0, 1.0, 0.5, -0.25)
    found = formula(channel(a_step(given), 0), NAMES)
    assert r"\underbrace{0.25}_{\text{2 more}} = 15.25" in found
    assert "node 5" not in found
    cut = a_step(given, others=3, rest=floats(1, 0)[None], rest_coefficient=floats(0.2), summed=floats(16.25, 0))
    assert r"\underbrace{1.25}_{\text{5 more}} = 16.25" in formula(channel(cut, 0), NAMES)


def test_names_from_files_are_text_in_a_formula():
    found = formula(channel(a_step(of_classes=True), 0), (r"a_b $\evil{x}% & so on, and on", "b"))
    assert found.startswith(r"\begin{aligned}z_{\text{a\_b   evil\{x\}\% \& so on,…}} &=")
    assert "$" not in found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((2.0, -1.0, 0.5), "The node itself gives the most to channel 0: 2.00 of the 1.50; 1 of 2 neighbours pushes the other way."),
        ((0.5, 2.0, -0.1, -0.2), "Node 1 gives the most to channel 0: 2.00 of the 2.20; 2 of 3 neighbours push the other way."),
        ((-0.1, 1.0), "Node 1 gives the most to channel 0: 1.00 of the 0.90; its one neighbour pushes the same way."),
        ((1.5, -1.0), "The node itself gives the most to channel 0: 1.50 of the 0.50; its one neighbour pushes the other way."),
        (
            (1.0, -2.0, 1.5),
            "Node 1 counts most in channel 0, against the sum: −2.00, and the sum is 0.50; 1 of 2 neighbours pushes the other way.",
        ),
        ((0.1, 1.0), "Node 1 gives the most to channel 0: 1.00 of the 1.10; its one neighbour pushes the same way."),
        ((-0.1,), "The node itself gives the most to channel 0: −0.10 of the −0.10; no neighbour adds to it."),
        ((), "Nothing adds up to channel 0: the node has no neighbour in this step."),
    ],
)  # fmt: skip
def test_who_gives_the_most(given, said):
    assert captions(channel(a_step(given), 0), NAMES) == [said]


def test_what_is_beside_the_messages_may_give_the_most():
    assert captions(channel(a_step(own=floats(9, 9)), 0), NAMES)[0].startswith("The node's own term gives the most")
    assert captions(channel(a_step(bias=floats(9, 9), of_classes=True), 1), NAMES)[0].startswith(
        "The node itself gives the most to b: 20.00"
    )
    assert captions(channel(a_step(bias=floats(9, 9)), 0), NAMES)[0].startswith("The bias gives the most")


def test_what_becomes_of_the_sum():
    step = a_step((-1.0,), activation="ReLU", activated=floats(0, 0), residual=floats(0.75, 0), output=floats(0.75, 0))
    assert captions(channel(step, 0), NAMES)[1:] == [
        "ReLU sets it to 0: the channel passes nothing of it on.",
        "The residual connection adds 0.75, more than the layer's own 0.00.",
    ]


def test_bars_add_up_to_the_sum(graph):
    step = a_step(
        tuple(np.linspace(-1, 2, 30)), others=2, rest=floats(0.5, 0)[None], rest_coefficient=floats(0.1), own=floats(1, 1), own_is="W h"
    )
    step = Step(**{**vars(step), "summed": floats(15 + 1.5, 0)})
    view = contributions_chart(Arithmetic(7, "x", "y", (step,), 0.0), channel(step, 0), graph)
    (bar,) = view.figure.data
    assert len(bar.y) == 25 + 3
    assert list(bar.y)[-3:] == ["7 others", "own: W h", "sum z"]
    assert sum(bar.x[:-1]) == pytest.approx(bar.x[-1])
    assert all((color == "#0072B2") == (value >= 0) for value, color in zip(bar.x[:-1], bar.marker.color[:-1], strict=True))
    assert "<b>" not in "".join(bar.y)
    assert "<b>" not in str(view.figure.layout.xaxis.title.text)
    assert len(view.data) == 31


def test_table_has_a_row_for_each_term_the_largest_first(graph):
    found = channel(a_step((0.5, 2.0, -1.0)), 0)
    data = terms_table(found, graph).data
    assert data["term"].tolist() == ["node 1", "node 2", "itself"]
    assert found.step.nodes[rows(found)].tolist() == [1, 2, 7]
    assert data["contribution"].tolist() == [2, -1, 0.5]
    assert data["share"].tolist() == pytest.approx([2 / 3.5, 1 / 3.5, 0.5 / 3.5])
    np.testing.assert_allclose(data["coefficient"] * data["message"], data["contribution"])
    # shares are shown as percentages, these are not
    assert {str(data[name].dtype) for name in ("coefficient", "message", "contribution")} == {"float32"}
    assert set(data) <= set(terms_table(found, graph).help) | {"term"}


@pytest.mark.parametrize("own", [None, floats(1, 1)])
def test_a_node_without_messages(graph, own):
    step = a_step((), own=own, own_is="W h", summed=floats(0, 0) if own is None else own)
    found = channel(step, 0)
    assert len(terms_table(found, graph).data) == 0
    assert formula(found, NAMES) == (
        r"\begin{aligned}z_{0} &= 0 \end{aligned}"
        if own is None
        else r"\begin{aligned}z_{0} &= \underbrace{1.00}_{\text{own}} = 1.00\end{aligned}"
    )
    contributions_chart(Arithmetic(7, "x", "y", (step,), 0.0), found, graph)


def two_heads(merge):
    """Heads with messages 1 and 3 of one node, weighed ½ and 1."""
    width = 2 if merge == "concatenated" else 1
    return a_step(
        (1.0,),
        coefficient=1.0,
        messages=np.array([[[1.0], [3.0]]], dtype=np.float32),
        merge=merge,
        summed=floats(*[0] * width),
        output=floats(*[0] * width),
    ), np.array([[0.5, 1.0]], dtype=np.float32)


@pytest.mark.parametrize(
    ("merge", "number", "head", "contribution", "others"),
    [
        ("concatenated", 1, None, 3.0, 0.0),
        ("concatenated", 0, None, 0.5, 0.0),
        ("averaged", 0, None, 1.75, 0.0),
        ("averaged", 0, 0, 0.25, 1.5),
        ("summed", 0, None, 3.5, 0.0),
        ("summed", 0, 1, 3.0, 0.5),
    ],
)
def test_heads(merge, number, head, contribution, others):
    step, coefficient = two_heads(merge)
    step = Step(**{**vars(step), "coefficient": coefficient})
    found = channel(step, number, head)
    assert found.contribution.tolist() == [contribution]
    assert found.other_heads == pytest.approx(others)
    assert np.isnan(found.message[0]) == (head is None and merge != "concatenated")
    if merge == "concatenated":
        assert found.head == number
        assert list(channels_of(step, 1)) == [1]
    if merge == "averaged" and head is None:
        assert found.coefficient.tolist() == [0.75]
    if merge == "averaged" and head == 0:
        assert r"\tfrac{1}{2}\cdot 0.50\cdot 1.00" in formula(found, NAMES)
        assert r"\underbrace{1.50}_{\text{other heads}}" in formula(found, NAMES)


def test_a_channel_that_is_not_there():
    with pytest.raises(UserError, match="There is no channel 2; Layer 1 has the channels 0 to 1"):
        channel(a_step(), 2)


def test_channels_have_names_and_the_largest_is_found():
    step = a_step(output=floats(-3, 2))
    assert channel_name(step, 1, NAMES) == "channel 1"
    assert channel_name(a_step(of_classes=True), 1, NAMES) == "b"
    assert step.largest([0, 1]) == 0
    assert step.largest([1]) == 1
