"""What somebody asks of a sweep: which setting, which values, which models, how many seeds; as a link holds it. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.catalogue import Catalogue
from core.errors import UserError
from core.parameters import Integer, Parameter, Real, Value, resolve
from core.selection import DRAWN_SPLITS, SPLIT_SEED, Selection, start, written
from core.spec import RunSpec, settings
from explainers.settings import Setting, values
from explainers.sweep.grid import Grid, grid, value_of
from explainers.sweep.suggestions import suggested
from explainers.wording import model_name

SEEDS = Integer("seeds", "Seeds", 5, 1, 20, help="Trainings of each point that differ only in their random numbers; the band is over them.")
MOST_MODELS = 8
"""As many as there are colours."""
MOST_VALUES = 30
MOST_RUNS = 1000


@dataclass(frozen=True)
class Request:
    """A sweep as it was asked for; what is left empty follows the selection.

    `setting`: qualified name, "model.depth"; `values`: text as `--set` takes it; `models`: all that are drawn.
    """

    setting: str = ""
    values: str = ""
    models: tuple[str, ...] = ()
    seeds: int = SEEDS.default


def offered(selection: Selection, catalogue: Catalogue) -> dict[str, Setting]:
    """Settings that can be swept, by qualified name, each with its suggested values; what matters most comes first."""
    drawn = (SPLIT_SEED,) if selection.split in DRAWN_SPLITS else ()
    declared: dict[str, tuple[Parameter, ...]] = {
        "model": catalogue.model(selection.model).parameters,
        "dataset": (*catalogue.dataset(selection.dataset).parameters, *drawn),
        "training": catalogue.training,
    }
    all_of_them = [(owner, parameter) for owner, parameters in declared.items() for parameter in parameters]
    found = {}
    for owner, parameter in sorted(all_of_them, key=lambda pair: not pair[1].common):
        setting = Setting(owner, parameter, suggested(parameter, value_of(selection.spec, owner, parameter.name)))
        found[setting.qualified] = setting
    return found


def values_text(values: Sequence[Value]) -> str:
    """Values as `--set` and a link take them."""
    return ",".join(written(value) for value in values)


def asked(request: Request, selection: Selection, catalogue: Catalogue) -> Setting:
    """The setting with the values asked for, numbers in rising order. Raises `UserError` for values it does not take."""
    choices = offered(selection, catalogue)
    setting = choices[request.setting] if request.setting else next(iter(choices.values()))
    return replace(setting, values=parsed(setting.parameter, request.values)) if request.values else setting


def parsed(parameter: Parameter, text: str) -> tuple[Value, ...]:
    """The values that a text names. Raises `UserError` for what the parameter does not take, and for too few or too many."""
    found = values(parameter, text, most=MOST_VALUES)
    if len(found) < 2:
        raise UserError(f"{parameter.title} has 1 value here; a sweep takes 2 to {MOST_VALUES}, for example {_example(parameter)}.")
    return tuple(sorted(found)) if isinstance(parameter, Integer | Real) else found


def models_with(setting: Setting, catalogue: Catalogue) -> list[str]:
    """The models that have the setting and take all its values."""
    if setting.owner != "model":
        return list(catalogue.models)
    return [name for name, card in catalogue.models.items() if any(_takes(p, setting) for p in card.parameters)]


def models(request: Request, selection: Selection) -> tuple[str, ...]:
    """The models of a sweep; the selected one is always among them."""
    return request.models if selection.model in request.models else (selection.model, *request.models)


def settle(request: Request, selection: Selection, catalogue: Catalogue) -> tuple[Request, list[str]]:
    """The request as far as the selection allows it, and a sentence for everything that had to be left out."""
    said = []
    choices = offered(selection, catalogue)
    if request.setting and request.setting not in choices:
        where = f"{catalogue.model(selection.model).title} on {catalogue.dataset(selection.dataset).title}"
        instead = next(iter(choices.values())).parameter.title
        said.append(f"{where} has no setting '{request.setting[:40]}' to vary; its place was taken by {instead}.")
        request = replace(request, setting="", values="")
    try:
        setting = asked(request, selection, catalogue)
    except UserError as error:
        said.append(f"{error} The suggested values took their place.")
        request = replace(request, values="")
        setting = asked(request, selection, catalogue)
    able = models_with(setting, catalogue)
    unable = [name for name in request.models if name not in able]
    if unable:
        said.append(f"{', '.join(name[:40] for name in unable)}: no such model, or none with {setting.parameter.title}; it was left out.")
    kept = tuple(dict.fromkeys(name for name in request.models if name in able))
    room = MOST_MODELS - (selection.model not in kept)  # the selected one is always drawn
    if len(kept) > room:
        said.append(
            f"{len(kept) + MOST_MODELS - room} models are too many for one figure; {MOST_MODELS} are shown, the selected one among them."
        )
    return replace(request, models=kept[:room]), said


def planned(request: Request, selection: Selection, catalogue: Catalogue) -> Grid:
    """The runs of a settled request. Raises `UserError` if they are too many for a page."""
    setting = asked(request, selection, catalogue)
    names = models(request, selection)
    runs = len(names) * len(setting.values) * request.seeds
    if runs > MOST_RUNS:
        raise UserError(
            f"{len(names)} models at {len(setting.values)} values with {request.seeds} seeds are {runs:,} runs; here {MOST_RUNS:,} "
            "are the most. Take fewer models, values or seeds; the headless command takes 10,000."
        )
    splits = sum(name.isdigit() for name in catalogue.dataset(selection.dataset).splits)
    return grid({model_name(name): base(name, selection, catalogue) for name in names}, setting, request.seeds, splits)


def base(model: str, selection: Selection, catalogue: Catalogue) -> RunSpec:
    """The selected spec with a model. One that is not selected has its own defaults, but what was changed in the selected one."""
    if model == selection.model:
        return selection.spec
    fresh = start(catalogue, model=model).spec.model
    mine, theirs = ({p.name: p for p in catalogue.model(name).parameters} for name in (selection.model, model))
    taken = {
        name: value
        for name, value in changed(selection, catalogue).items()
        if name in theirs and _same(mine[name], theirs[name]) and _accepts(theirs[name], value)
    }
    return replace(selection.spec, model=replace(fresh, parameters=settings(dict(fresh.parameters) | taken)))


def changed(selection: Selection, catalogue: Catalogue) -> dict[str, Value]:
    """The settings of the selected model that are not its defaults."""
    defaults = resolve(catalogue.model(selection.model).parameters, {}, "")
    return {name: value for name, value in selection.model_settings if value != defaults.get(name)}


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    words = {"sweep": request.setting, "sweep.values": request.values, "sweep.models": ",".join(request.models)}
    seeds = {"sweep.seeds": str(request.seeds)} if request.seeds != SEEDS.default else {}
    return {name: word for name, word in words.items() if word} | seeds


def decode(query: Mapping[str, str], selection: Selection, catalogue: Catalogue) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    said = []
    try:
        seeds = SEEDS.check(query.get("sweep.seeds", SEEDS.default))
    except UserError as error:
        said, seeds = [f"{error} The link's value was replaced."], SEEDS.default
    names = tuple(filter(None, query.get("sweep.models", "").split(",")))
    found, more = settle(Request(query.get("sweep", ""), query.get("sweep.values", ""), names, seeds), selection, catalogue)
    return found, [*said, *more]


def _takes(parameter: Parameter, setting: Setting) -> bool:
    """Whether another model's parameter is the same setting and takes its values."""
    return _same(parameter, setting.parameter) and all(_accepts(parameter, value) for value in setting.values)


def _same(one: Parameter, other: Parameter) -> bool:
    """By its title too: the width of an attention head is not the width of a layer."""
    return (one.name, one.title, type(one)) == (other.name, other.title, type(other))


def _accepts(parameter: Parameter, value: Value) -> bool:
    try:
        parameter.check(value)
    except UserError:
        return False
    return True


def _example(parameter: Parameter) -> str:
    return values_text(suggested(parameter, parameter.default))
