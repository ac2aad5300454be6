"""The parts of the page on designs and benchmarks: models on several datasets, trained on a click, filled in run by run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.catalogue import Catalogue
from core.errors import UserError
from core.jobs import Job
from core.parameters import Value
from core.spec import keys
from explainers.across import DATASETS, EPOCHS, MODELS, Runs, Scores, across, measured
from explainers.contract import Table
from explainers.designs_request import AGAINST, BENCHMARKS, DESIGNS, FLAWED, RANKED, SEEDS, VIEW, Request
from explainers.lenses import designs, flawed_benchmarks
from explainers.lenses.designs import figures as design_figures
from explainers.lenses.designs.groups import BASELINES
from explainers.lenses.flawed_benchmarks import figures as flawed_figures
from explainers.lenses.flawed_benchmarks.pairs import BY_NAME
from explainers.wording import listed, model_name
from pages._shared import controls, engine, settled, show, state, sweep_controls
from pages._shared.live import growing, live

QUESTIONS = {DESIGNS: designs.LENS.question, FLAWED: flawed_benchmarks.LENS.question}
KEY = "designs"
"""Prefix of the widgets."""
HEIGHT, TABLE, ROWS = 420, 460, 12
"""Of the figure and of a table, in pixels; rows up to which it is shown whole."""
MOST = {one.name: one.most for one in (DATASETS, MODELS, BENCHMARKS, RANKED)}
"""Names that a link and the command take."""
WHY = "Copies are found by the classes of all nodes, those of test nodes too."
ALT = "Test scores; the numbers are in the table"


def page() -> None:
    asked = settled.designing()
    show.question(QUESTIONS[asked.view])
    controls.segments(VIEW, asked.view, KEY, _change, label_visibility="collapsed")
    left, right = st.columns([2.4, 1], gap="large")
    with right:
        _controls(asked, engine.catalogue())
    plan = planned(state.designing(), engine.catalogue())
    draw, closer = (_designs, _designs_closer) if asked.view == DESIGNS else (_flawed, _flawed_closer)

    def side() -> None:
        sweep_controls.training(plan, KEY)

    def evidence() -> None:
        found = _scores(plan)
        if found.done:
            draw(plan, found)
        else:
            sweep_controls.nothing_yet(plan, HEIGHT)

    def below() -> None:
        found = _scores(plan)
        if found.done:
            closer(plan, found)

    growing(lambda: _pending(plan), (right, side), (left, evidence), (st.container(), below))


def planned(asked: Request, catalogue: Catalogue) -> Runs:
    """The runs that are asked for; those of the command with the same settings."""
    known = catalogue.models
    names = MODELS.words(asked.models if asked.view == DESIGNS else asked.ranked) or usual(asked, catalogue)
    if asked.view == DESIGNS:
        names = tuple(dict.fromkeys((*BASELINES, *names)))
    datasets = MODELS.words(asked.datasets) if asked.view == DESIGNS else _sides(asked)
    runs = across(datasets, {name: known[name].parameters for name in names}, asked.seeds, EPOCHS.default)
    return Runs(runs, dict(VIEW.options)[asked.view])


def usual(asked: Request, catalogue: Catalogue) -> tuple[str, ...]:
    """The models of a question where none are picked."""
    lens = designs if asked.view == DESIGNS else flawed_benchmarks
    return lens.usual(catalogue.models)


def _sides(asked: Request) -> tuple[str, ...]:
    return tuple(name for pair in flawed_benchmarks.chosen(asked.benchmarks) for name in (pair.name, pair.mended))


def _controls(asked: Request, catalogue: Catalogue) -> None:
    if asked.view == DESIGNS:
        titles = {name: card.title for name, card in catalogue.datasets.items()}
        _names("datasets", "Datasets", list(titles), titles.get, asked.datasets)
        controls.segments(AGAINST, asked.against, KEY, _change)
    else:
        titles = {name: catalogue.dataset(name).title for name in BY_NAME}
        _names("benchmarks", BENCHMARKS.title, list(titles), titles.get, asked.benchmarks)
    mine, value = ("models", asked.models) if asked.view == DESIGNS else ("ranked", asked.ranked)
    few = usual(asked, catalogue)
    _names(mine, MODELS.title, list(catalogue.models), model_name, value, f"The usual {len(few)}", listed([*map(model_name, few)]))
    controls.parameter(SEEDS, asked.seeds, KEY, _change)


def _change(name: str, value: Value) -> None:
    state.designing.change(**{name: value})


def _names(
    name: str, title: str, offered: Sequence[str], words: Callable[[str], str | None], value: str, none: str = "", those: str = ""
) -> None:
    """Some of many names. `none`: what an empty box says, which asks for `those`; without it the default comes back."""
    key = f"{KEY}.{name}"
    st.session_state[key] = [word for word in MODELS.words(value) if word in offered]
    st.multiselect(
        title,
        offered,
        key=key,
        format_func=lambda word: words(word) or word,
        max_selections=MOST[name],
        placeholder=none or "Choose some",
        help=f"Empty: {those}." if those else None,
        on_change=lambda: state.designing.change(**{name: ",".join(st.session_state[key]) or getattr(Request(), name)}),
    )


def _scores(plan: Runs) -> Scores:
    """The same object as long as the store has the same runs: pictures, sentences and tables of it are kept by it."""
    stored = tuple(map(engine.version, keys(plan.runs)))
    made: Scores = engine.view(lambda: measured(plan.runs, engine.entries(plan.runs)), f"{KEY}.scores", stored)
    return made


def _designs(plan: Runs, found: Scores) -> None:
    against = state.designing().against
    show.answer(_said(found)[:1])
    live(f"{KEY}.differences", ALT, lambda: design_figures.differences(found, against), (found, against))


def _designs_closer(plan: Runs, found: Scores) -> None:
    show.asides(_said(found)[1:])
    table = engine.view(lambda: design_figures.table(found), f"{KEY}.table", found)
    show.table(table, f"{KEY}.table", height=_height(table))


def _said(found: Scores) -> list[str]:
    return engine.view(lambda: designs.captions(found), f"{KEY}.said", found)  # type: ignore[no-any-return]


def _flawed(plan: Runs, found: Scores) -> None:
    result = _with_evidence(plan, found)
    if not isinstance(result, flawed_benchmarks.Flawed):
        show.empty(result or "Looking for copies in the graphs …", HEIGHT)
        return
    show.answer(flawed_benchmarks.answers(result))
    show.diagnostic(WHY)
    live(f"{KEY}.slopes", ALT, lambda: flawed_figures.slopes(result), (found,))


def _flawed_closer(plan: Runs, found: Scores) -> None:
    result = _with_evidence(plan, found)
    if not isinstance(result, flawed_benchmarks.Flawed):
        return
    show.asides(flawed_benchmarks.details(result))
    if len((view := flawed_figures.table(result)).data):
        show.table(view, f"{KEY}.ranks", height=_height(view))


def _height(view: Table) -> int | str:
    """A long table scrolls; a short one ends with its last row."""
    return TABLE if len(view.data) > ROWS else "content"


def _pending(plan: Runs) -> bool:
    """Whether something trains, or is still read that a figure needs."""
    if sweep_controls.trainings(plan):
        return True
    found = _scores(plan)
    return state.designing().view == FLAWED and bool(found.done) and _with_evidence(plan, found) is None


def _with_evidence(plan: Runs, found: Scores) -> flawed_benchmarks.Flawed | str | None:
    """The scores with what shows the flaws, read off the graphs by the worker; None while it reads, and a sentence where it cannot."""
    pairs = flawed_benchmarks.chosen(state.designing().benchmarks)
    work = {"pairs": pairs, "datasets": tuple(dict.fromkeys(run.dataset for run in plan.runs))}
    try:
        evidence = engine.ask("explainers.lenses.flawed_benchmarks:evidence", work, title="Looking for copies")
    except engine.Stopped:
        raise
    except UserError as reason:
        return str(reason)
    return None if isinstance(evidence, Job) else flawed_benchmarks.Flawed(found, pairs, evidence)
