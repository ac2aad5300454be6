"""The parts of the compare page: pick stored runs, keep them in order, and set them against each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.run import Run
from core.views import OpenGraph
from explainers import comparison, comparison_figures, side_by_side
from explainers.comparison import Comparison
from explainers.contract import Chart
from explainers.overview import Group
from explainers.side_by_side import Ranking
from explainers.wording import count, disk_size
from pages._shared import engine, pictures, show, state
from pages._shared.frame import as_text

QUESTION = "Which one is better, and is it noise?"
CHOSEN, TRASH = "compare.chosen", "compare.trash"
MOST = 8
"""Groups shown over each other: as many as there are colours."""
ROWS = 8
"""Rows of a table shown without scrolling."""
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


def pick(found: Sequence[Group]) -> list[Group]:
    """The table of stored runs; what was ticked stays ticked when the order changes and when the page is left."""
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = [group.key for group in _first(found)]
    ticked = [group for group in found if group.key in st.session_state[CHOSEN]]
    order = hashlib.sha256(" ".join(group.key for group in found).encode()).hexdigest()[:12]
    height: int | str = "content" if len(found) <= ROWS else 315
    chosen = show.runs(found, f"compare.runs.{order}", "multi-row", ticked, height)
    st.session_state[CHOSEN] = [group.key for group in chosen]
    return chosen


def tools(chosen: Sequence[Group]) -> None:
    """Open, name, pin and delete what is ticked."""
    one = chosen[0] if len(chosen) == 1 else None
    why = None if one else "Tick one row for this."
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            "Open",
            icon=":material/open_in_browser:",
            disabled=not one,
            help=why or "Makes it the selection of every page.",
            on_click=state.open_runs,
            args=(one,),
        )
        pinned = bool(chosen) and all(group.pinned for group in chosen)
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            disabled=not chosen,
            help="Pinned runs stay on top.",
            on_click=state.guarded(_label),
            args=(chosen,),
            kwargs={"pinned": not pinned},
        )
        st.button(
            "Delete",
            icon=":material/delete:",
            disabled=not chosen,
            help="To the trash; can be undone.",
            on_click=state.guarded(_delete),
            args=(chosen,),
        )
        undo()
        trash()
        if one:
            key = f"compare.name.{one.key}"
            st.session_state[key] = one.name
            st.text_input(
                "Name",
                key=key,
                max_chars=80,
                placeholder=f"Name it, instead of “{one.title}”",
                label_visibility="collapsed",
                width=460,
                on_change=state.guarded(lambda: _label([one], name=st.session_state[key])),
            )


def undo() -> None:
    """Take the last deleted runs back."""
    if trash := st.session_state.get(TRASH):
        text, _ = trash[-1]
        st.button(f"Undo: {as_text(text)}", icon=":material/undo:", on_click=state.guarded(_restore))


def trash() -> None:
    """How much room the deleted runs take, and the way to have it back."""
    runs, size = engine.trash()
    if not runs:
        return
    with st.popover(f"Trash: {disk_size(size)}", icon=":material/delete_sweep:"):
        st.write(f"It holds {count(runs, 'deleted run')}, so that deleting can be undone.")
        st.button("Empty the trash", on_click=state.guarded(_empty), help="For good: these runs cannot be brought back.")


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
            said, notes = comparison.captions(pair), [note] if note else []
        elif len(runs) > 2:
            ranked = side_by_side.ranking(runs)
            said = [side_by_side.ranking_answer(ranked)]
        else:
            said = [side_by_side.alone(name, found) for name, found in runs.items()]
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
        show.table(
            side_by_side.disagreement_table(differing, opened.graph),
            "compare.nodes",
            height="content" if len(differing.table) <= ROWS else 315,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Click a row: its node is selected on every page.")
            nodes = [int(node) for node in differing.table["node"]]
            st.button(
                f"Select all {len(nodes):,}", help="Marks them in every graph, plot and table.", on_click=state.select, args=(None, nodes)
            )
    else:
        show.empty(f"The two predict the same class for all {PARTS[part]}.")


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _first(found: Sequence[Group]) -> list[Group]:
    """What is ticked at first: the selected runs and the newest that can be compared with them."""
    group = next((group for group in found if group.spec.key == state.selection().spec.key), found[0])
    other = next((one for one in found if one.spec.dataset == group.spec.dataset and one is not group), None)
    return [group, other] if other else [group]


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


def _label(groups: Sequence[Group], name: str | None = None, pinned: bool | None = None) -> None:
    for group in groups:
        for entry in group.entries:
            engine.store().label(entry.key, name=name, pinned=pinned)


def _delete(groups: Sequence[Group]) -> None:
    keys = [entry.key for group in groups for entry in group.entries]
    text = f"bring back {groups[0].label}" if len(groups) == 1 else f"bring back {len(groups)} groups"
    deleted: list[str] = []
    st.session_state.setdefault(TRASH, []).append((text, deleted))
    for key in keys:
        engine.store().delete(key)
        deleted.append(key)  # so that undo brings back what went, even if the next one fails


def _restore() -> None:
    _, keys = st.session_state[TRASH][-1]
    for key in keys:
        engine.store().restore(key)
    st.session_state[TRASH].pop()
    if not engine.store().keys() & set(keys):
        raise UserError("These runs cannot be brought back: the trash has been emptied. The same settings train the same runs again.")


def _empty() -> None:
    freed = engine.store().prune()
    st.session_state.pop(TRASH, None)
    st.toast(f"The trash is empty: {disk_size(freed)} were freed.")
