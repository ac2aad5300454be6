"""The parts of the compare page that set the picked runs against each other: the answer, the curves, the nodes where two differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.run import Run
from core.views import OpenGraph
from explainers import comparison, comparison_figures, side_by_side, wording
from explainers.comparison import Comparison
from explainers.contract import Chart
from explainers.overview import Group
from explainers.side_by_side import Ranking
from pages._shared import engine, pictures, show, state
from pages._shared.frame import as_text

QUESTION = "Which one is better, and is it noise?"
MOST = 8
"""Groups shown over each other: as many as there are colours."""
TITLE = 56
"""Height of the line above a figure, with or without a widget in it, so that neighbours stand level."""
PARTS = {"test": "test nodes", "validation": "validation nodes", "train": "training nodes", "unlabelled": "all but the training nodes"}


@dataclass(frozen=True, eq=False)
class Chosen:
    """The picked groups, the runs of each under a short name, and what comparing them gave: a sentence where it cannot be done."""

    groups: Sequence[Group]
    runs: dict[str, list[Run]]
    pair: Comparison | None
    ranking: Ranking | None


def answers(chosen: Sequence[Group]) -> Chosen | None:
    """The question and what the numbers answer; None where there is nothing to compare."""
    if not chosen:
        show.question(QUESTION, ["Tick two rows to compare them; one to see its curves; more to rank them against the first."])
        return None
    if len(chosen) > MOST:
        show.question(QUESTION, [f"{len(chosen)} rows are ticked; untick some: at most {MOST} can be told apart in one figure."])
        return None
    runs, problems = _runs(chosen)
    pair, ranked, notes = None, None, []
    try:
        if len(runs) == 2:
            (a, first), (b, second) = runs.items()
            first, second, note = side_by_side.same_seeds(first, second)
            opened = _opened(chosen)
            split = engine.split(opened.graph, first[0].spec) if opened else None
            pair = comparison.compare(first, second, split, names=(a, b))
            best, *others = comparison.captions(pair)
            said, notes = [_placed(best, chosen, runs), *others], [note] if note else []
        elif len(runs) > 2:
            ranked = side_by_side.ranking(runs)
            said = [_placed(side_by_side.ranking_answer(ranked), chosen, runs)]
        else:
            labels = dict(zip(side_by_side.short_names(chosen), (group.label for group in chosen), strict=True))
            said = [side_by_side.alone(labels[name], found) for name, found in runs.items()]
    except UserError as error:
        said = [str(error), "What can be compared: rows of one dataset and one split that share seeds. The curves below need neither."]
    show.question(QUESTION, [*said, *notes, *problems])
    return Chosen(chosen, runs, pair, ranked) if runs else None


def evidence(chosen: Chosen) -> None:
    """Learning curves over each other, and beside them how far apart the test scores are."""
    if not (chosen.pair or chosen.ranking):
        _curves(chosen)
        return
    left, right = st.columns([1, 1.25] if chosen.ranking else 2, gap="large")
    with left:
        _curves(chosen)
    with right:
        _differences(chosen)


def _curves(chosen: Chosen) -> None:
    quantities = comparison_figures.QUANTITIES
    with st.container(horizontal=True, vertical_alignment="center", height=TITLE, border=False):
        st.markdown("**By epoch**", width="content")
        quantity = st.selectbox(
            "By epoch",
            list(quantities),
            index=list(quantities).index("test_score"),
            format_func=lambda name: quantities[name],
            key="compare.quantity",
            persist_state="session",
            label_visibility="collapsed",
            width=200,
        )
    show.chart(side_by_side.learning_curves(chosen.runs, quantity), "compare.curves")


def _differences(chosen: Chosen) -> None:
    """Two groups seed by seed; more of them as a table."""
    if chosen.pair:
        with st.container(horizontal=True, vertical_alignment="center", height=TITLE, border=False):
            st.markdown(f"**Test score, seed by seed** · {chosen.pair.split}")
        view: Chart = comparison_figures.scores_chart(chosen.pair)
        show.chart(view, "compare.scores")
    elif chosen.ranking:
        with st.container(horizontal=True, vertical_alignment="center", height=TITLE, border=False):
            st.markdown(f"**Against {as_text(chosen.ranking.first)}**, in points of the test score")
        show.table(side_by_side.ranking_table(chosen.ranking), "compare.ranking", height="content")
        st.caption(
            "Intervals are not corrected for the number of comparisons; p is, by Holm's method. The topmost ticked row is the first."
        )


def disagreement(chosen: Chosen) -> None:
    """Two models on one graph: where they differ, as pictures and as a table that selects."""
    if not chosen.pair:
        return
    st.subheader("Where do they disagree?", anchor=False)
    opened = _opened(chosen.groups)
    if opened is None:
        _offer(chosen.groups[0])
        return
    runs = {name: {run.spec.seed: run for run in group} for name, group in chosen.runs.items()}
    (a, first), (b, second) = runs.items()
    seeds = sorted(first.keys() & second.keys())
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        seed = st.selectbox("Seed", seeds, key="compare.seed", width=110, help="Runs of the same seed are set side by side.")
        part = st.selectbox("Nodes", list(PARTS), format_func=lambda name: PARTS[name], key="compare.part", width=240)
        by = st.segmented_control(
            "Colour", ["correctness", "prediction", "confidence"], default="correctness", required=True, key="compare.by"
        )
    masks = engine.split(opened.graph, first[seed].spec)
    for column, (name, run) in zip(st.columns(2, gap="large"), ((a, first[seed]), (b, second[seed])), strict=True):
        with column:
            st.markdown(f"**{as_text(name)}**")
            pictures.graph(opened, f"compare.{_key(name)}", 320, masks, by or "correctness", run.predictions, run.confidence)
    try:
        differing = comparison.disagreement(opened.graph, masks, first[seed], second[seed], part, names=(a, b))
    except UserError as error:
        st.info(str(error))
        return
    st.caption(as_text(comparison.captions(chosen.pair, differing)[-1]))
    if len(differing.table):
        rows = side_by_side.disagreement_table(differing, opened.graph)
        show.table(rows, "compare.nodes", height=show.height(len(differing.table)))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Click a row: its node is selected on every page.")
            nodes = [int(node) for node in differing.table["node"]]
            st.button(
                f"Select all {len(nodes):,}", help="Marks them in every graph, plot and table.", on_click=state.select, args=(None, nodes)
            )
    else:
        show.empty(f"The two predict the same class for all {PARTS[part]}.")


def _placed(answer: str, chosen: Sequence[Group], runs: Mapping[str, Sequence[Run]]) -> str:
    """The answer with what it holds for."""
    split = wording.split_names([run.spec.dataset for found in runs.values() for run in found])
    return comparison.placed(answer, [group.title.split(side_by_side.SEPARATOR) for group in chosen], split)


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _runs(chosen: Sequence[Group]) -> tuple[dict[str, list[Run]], list[str]]:
    """The stored runs of each group by its short name, and a sentence for each that cannot be read."""
    runs: dict[str, list[Run]] = {}
    problems = []
    for name, group in zip(side_by_side.short_names(chosen), chosen, strict=True):
        for entry in group.entries:
            try:
                if run := engine.run(entry.key):
                    runs.setdefault(name, []).append(run)
            except UserError as error:
                problems.append(str(error))
    return runs, problems


def _opened(chosen: Sequence[Group]) -> OpenGraph | None:
    """The graph of the groups if it is the selected one and at hand."""
    dataset = chosen[0].spec.dataset
    selected = state.selection()
    if (dataset.name, dataset.parameters) != (selected.dataset, selected.dataset_settings):
        return None
    try:
        found = engine.opened(selected)
    except UserError:
        return None
    return found if isinstance(found, OpenGraph) else None


def _offer(group: Group) -> None:
    """The nodes can be shown of the selected dataset only, since a click selects one of them."""
    title = engine.catalogue().dataset(group.spec.dataset.name).title
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"These runs are on {title}, which is not the selected dataset.")
        st.button(f"Open {title}", on_click=state.open_runs, args=(group,), icon=":material/open_in_browser:")
