"""The parts of the methods page: a list of units, and the declaration of the chosen one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

import streamlit as st

from core.catalogue import DatasetCard, ModelCard
from core.home import data_root, home
from core.parameters import Parameter
from core.selection import splits_of
from explainers import declared, runner
from explainers.attribution.contract import Method, methods
from explainers.calibrators.contract import Calibrator, calibrators
from explainers.contract import Lens
from explainers.declared import Figure
from explainers.definitions import DEFINITIONS, Definition
from explainers.wording import metric_name
from pages._shared import engine, show, state

T = TypeVar("T", ModelCard, DatasetCard, Lens, Method, Calibrator)
HEIGHT = 620


def search() -> str:
    """The text that the units are filtered by."""
    return (
        st.text_input(
            "Search",
            key="methods.search",
            type="search",
            live=True,
            placeholder="Search declarations: attention, Cora, weight decay, homophily …",
            label_visibility="collapsed",
            persist_state="session",
            width=520,
        )
        or ""
    )


def models(words: str) -> None:
    """Every model: its layer, what its depth counts, its settings and its paper's recipe."""
    _chooser("model", words, engine.catalogue().models, state.selection().model, _model)


def datasets(words: str) -> None:
    """Every dataset: size, metric, splits, source, licence, flaws."""
    _chooser("dataset", words, engine.catalogue().datasets, state.selection().dataset, _dataset)


def lenses(words: str) -> None:
    """Every lens: its question, and what each of its figures shows, by which formula."""
    found = runner.lenses()
    _chooser("lens", words, found, next(iter(found), ""), _lens)


def attributions(words: str) -> None:
    """Every attribution: what it asks of a prediction, how a score comes about, what its sign means."""
    _chooser("attribution", words, methods(), "gnn_explainer", _attribution)


def calibrate(words: str) -> None:
    """Every calibrator: what it turns logits into, by which formula, and what it may change."""
    _chooser("calibrator", words, calibrators(), "temperature", _calibrator)


def numbers(words: str) -> None:
    """Definitions of the numbers that every page shows."""
    found = [definition for definition in DEFINITIONS if declared.matches(definition, words)]
    if not found:
        _nothing("definition", words)
    for heading, group in groupby(found, lambda definition: definition.group):
        st.subheader(heading, anchor=False)
        pairs = list(group)
        for left, right in zip(pairs[::2], [*pairs[1::2], None], strict=False):
            for column, one in zip(st.columns(2, gap="medium"), (left, right), strict=True):
                if one:
                    with column, st.container(border=True, height="stretch"):
                        _definition(one)


def training(words: str) -> None:
    """How every model is trained, and the settings of it."""
    st.markdown(
        "Full-graph gradient descent with Adam: an epoch is one step on all training nodes. Features and the normalised adjacency are "
        "prepared once; sparse features stay sparse. The weights of the best epoch are kept. On the CPU, the same spec gives "
        "bit-identical results."
    )
    found = [p for p in engine.catalogue().training if declared.matches(p, words)]
    _settings(found) if found else _nothing("setting", words)
    st.caption("Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015")


def installation(words: str) -> None:
    """Versions, and where everything is kept."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Packages", anchor=False)
        packages = {"Python": sys.version.split()[0]} | declared.installed()
        st.table([{"package": name, "version": number} for name, number in packages.items()], hide_index=True, border="horizontal")
    with right:
        st.subheader("Where things are", anchor=False)
        st.markdown("**Runs, names and results**")
        st.code(str(home()), language=None, wrap_lines=True)
        st.markdown("**Public datasets**")
        st.code(str(data_root()), language=None, wrap_lines=True)
        st.caption("Set HOPSCOPE_HOME and HOPSCOPE_DATA to move them. Nothing leaves this machine.")
        st.markdown("**Devices, fastest first**")
        st.code(", ".join(engine.catalogue().devices), language=None)
        st.markdown("**Version of the training's code**", help="A run remembers its code. Runs of older code stay, and are marked.")
        st.code(engine.catalogue().training_version, language=None)


def _chooser(kind: str, words: str, units: Mapping[str, T], first: str, draw: Callable[[T], None]) -> None:
    """A list of the units that match, the one in use on top, and the declaration of the chosen one beside it."""
    found = sorted(
        (name for name in units if declared.matches(units[name], words)), key=lambda name: (name != first, units[name].title.lower())
    )
    if not found:
        _nothing(kind, words)
        return
    key = f"methods.{kind}"
    if st.session_state.get(key) not in found:
        st.session_state[key] = found[0]
    left, right = st.columns([1, 2.4], gap="large")
    with left, st.container(height=HEIGHT, border=False):
        st.radio(
            kind,
            found,
            key=key,
            format_func=lambda name: units[name].title,
            captions=[units[name].question for name in found],
            label_visibility="collapsed",
            persist_state="session",
        )
    with right:
        draw(units[st.session_state[key]])


def _model(card: ModelCard) -> None:
    st.subheader(card.title, anchor=False)
    st.markdown(card.question)
    with st.container(border=True):
        st.latex(card.equation)
        st.caption(card.source)
    uses = {"node features": card.uses_features, "edges": card.uses_edges, "attention": card.has_attention, "actions": card.has_actions}
    _facts(
        {
            "Name in commands": f"`{card.name}`",
            "Depth counts": card.depth_counts,
            "Uses": ", ".join(name for name, used in uses.items() if used),
            "Paper recipe": f"{card.recipe.source}  \n{_code(declared.assignments({**card.recipe.model, **card.recipe.training}))}",
            "Code version": f"`{card.version}`",
        }
    )
    _settings(card.parameters)


def _dataset(card: DatasetCard) -> None:
    st.subheader(card.title, anchor=False)
    st.markdown(card.question)
    for flaw in card.flaws:
        st.warning(flaw, icon=":material/report:")
    words = splits_of(card)
    fixed = [name for name in card.splits if name.isdigit()]
    splits = [words[name] for name in words if name not in fixed] + ([f"{len(fixed)} fixed splits"] if fixed else [])
    _facts(
        {
            "Name in commands": f"`{card.name}`",
            "Size": card.size,
            "Family": card.family,
            "Metric": metric_name(card.metric),
            "Splits": "; ".join(splits),
            "Default split": words.get(card.default_split, card.default_split),
            "Network": "not needed" if card.embedded else "downloaded on first use",
            "Source": card.source,
            "Licence": card.licence,
            "Code version": f"`{card.version}`",
        }
    )
    _settings(card.parameters)


def _lens(lens: Lens) -> None:
    st.subheader(lens.title, anchor=False)
    st.markdown(lens.question)
    if lens.source:
        st.caption(lens.source)
    for figure in declared.figures(lens.name):
        with st.container(border=True):
            _figure(figure)
    _settings(lens.parameters)


def _attribution(method: Method) -> None:
    st.subheader(method.title, anchor=False)
    st.markdown(method.question)
    with st.container(border=True):
        st.latex(method.equation)
        st.caption(method.source)
    _facts(
        {
            "Name in commands": f"`{method.name}`",
            "Scores": "edges and features" if method.scores_features else "edges",
            "A negative score": "speaks against the class" if method.signed else "does not occur",
            "Seed": "changes the scores" if method.drawn else "changes nothing",
        }
    )
    _settings(method.parameters)


def _calibrator(unit: Calibrator) -> None:
    st.subheader(unit.title, anchor=False)
    st.markdown(unit.question)
    with st.container(border=True):
        st.latex(unit.equation)
        st.caption(unit.source)
    _facts(
        {
            "Name in commands": f"`{unit.name}`",
            "The predicted class": "always stays" if unit.keeps_class else "may change",
            "Looks at": "a node and its neighbours" if unit.graph_aware else "each node for itself",
            "Fitted to": "validation nodes; judged on test nodes",
        }
    )


def _figure(figure: Figure) -> None:
    if figure.name:
        st.markdown(f"**{figure.name.replace('_', ' ').capitalize()}**")
    if figure.formula:
        st.latex(figure.formula)
    if figure.reading:
        st.markdown(f"*How to read it.* {figure.reading}")
    if figure.not_shown:
        st.markdown(f"*What it does not show.* {figure.not_shown}")
    if figure.source:
        st.caption(figure.source)


def _definition(one: Definition) -> None:
    st.markdown(f"**{one.title}**  \n{one.text}")
    if one.formula:
        st.latex(one.formula)
    if one.source:
        st.caption(one.source)


def _facts(facts: Mapping[str, str]) -> None:
    """Names to the left, what is said of them to the right."""
    rows = [{"": f"**{name}**", " ": text} for name, text in facts.items() if text]
    st.table(rows, border="horizontal", hide_index=True, hide_header=True)


def _settings(parameters: Sequence[Parameter]) -> None:
    if parameters:
        st.markdown("**Settings**")
        rows = [row | {"name": _code(row["name"])} for row in declared.rows(parameters)]
        st.table(rows, border="horizontal", hide_index=True)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _nothing(kind: str, words: str) -> None:
    show.empty(f"No {kind} mentions “{words}”. Shorten the search, or look in another tab.")
