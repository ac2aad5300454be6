"""What is selected: dataset, model, settings, seeds, node. Encoded in links, commands and Python. Free of torch."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from core.errors import UserError
from core.parameters import Integer, Parameter, Value, resolve
from core.seeds import plan
from core.spec import TRAINING, DatasetSpec, ModelSpec, RunSpec, Settings, TrainingSpec, settings

if TYPE_CHECKING:
    from core.catalogue import Catalogue, DatasetCard

T = TypeVar("T")

SEEDS = Integer(
    "seeds", "Seeds", 3, 1, 1000, help="Trainings that differ only in their random numbers; the spread over them is shown as ±."
)
SPLIT_SEED = Integer(
    "split_seed",
    "Split seed",
    0,
    0,
    999_999,
    help="Which random split is drawn. Independent of the training's seed. In the GATS protocol, s is draw s // 3 with fold s mod 3 "
    "for validation.",
)

DRAWN_SPLITS = {
    "random": "random 60 / 20 / 20",
    "per_class": "random 20 / 30 a class",
    "gats": "random 10 / 5 / 85 in folds (GATS)",
}
"""Splits that every dataset has, drawn with a seed."""


@dataclass(frozen=True)
class Selection:
    """Everything that a link carries but the page."""

    dataset: str
    dataset_settings: Settings
    split: str
    model: str
    model_settings: Settings
    training: TrainingSpec = field(default_factory=TrainingSpec)
    split_seed: int = 0
    seeds: int = SEEDS.default
    node: int | None = None

    @property
    def spec(self) -> RunSpec:
        """The run of seed 0; `specs` has them all."""
        return RunSpec(
            # a fixed split has no seed: a leftover one would give the same run another key
            DatasetSpec(self.dataset, self.dataset_settings, self.split, self.split_seed if self.split in DRAWN_SPLITS else 0),
            ModelSpec(self.model, self.model_settings),
            self.training,
        )

    def specs(self, catalogue: Catalogue) -> tuple[RunSpec, ...]:
        """The planned runs, one a seed."""
        fixed = [split for split in catalogue.dataset(self.dataset).splits if split.isdigit()]
        return plan(self.spec, self.seeds, len(fixed))


def start(catalogue: Catalogue, dataset: str = "karate", model: str = "gcn", **changes: object) -> Selection:
    """A dataset and a model with the defaults of both."""
    card = catalogue.dataset(dataset)
    selection = Selection(
        dataset=dataset,
        dataset_settings=_defaults(card.parameters),
        split=card.default_split,
        model=model,
        model_settings=_defaults(catalogue.model(model).parameters),
    )
    return replace(selection, **changes)  # type: ignore[arg-type]


def splits_of(card: DatasetCard) -> dict[str, str]:
    """Split names a user can pick, each with what the screen says."""
    fixed = {name: f"fixed split {name}" if name.isdigit() else f"{name} split" for name in card.splits}
    every = {"all": "a fixed split a seed" if any(map(str.isdigit, card.splits)) else "a random split a seed"}
    return fixed | every | DRAWN_SPLITS


def encode(selection: Selection, catalogue: Catalogue) -> dict[str, str]:
    """Query parameters of a link: names always, settings only where they differ from the default."""
    card = catalogue.dataset(selection.dataset)
    query = {"dataset": selection.dataset, "model": selection.model, "seeds": str(selection.seeds), "split": selection.split}
    if selection.split in DRAWN_SPLITS:
        query["split_seed"] = str(selection.split_seed)
    for prefix, chosen, declared in _sections(selection, card.parameters, catalogue.model(selection.model).parameters):
        query |= {f"{prefix}.{name}": written(value) for name, value in _changed(chosen, declared).items()}
    if selection.node is not None:
        query["node"] = str(selection.node)
    return query


def decode(query: Mapping[str, str], catalogue: Catalogue) -> tuple[Selection, list[str]]:
    """The selection of a link, and a sentence for everything in it that had to be replaced."""
    messages: list[str] = []

    def attempt(make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except UserError as error:
            messages.append(f"{error} The link's value was replaced.")
            return otherwise

    base = start(catalogue)
    dataset = attempt(lambda: catalogue.dataset(query.get("dataset", base.dataset)).name, base.dataset)
    model = attempt(lambda: catalogue.model(query.get("model", base.model)).name, base.model)
    found = start(catalogue, dataset, model)
    parts = {}
    for prefix, chosen, declared in _sections(found, catalogue.dataset(dataset).parameters, catalogue.model(model).parameters):
        values = dict(chosen)
        for key, word in query.items():
            if key.startswith(prefix + "."):
                values = attempt(lambda v=values, k=key, w=word, d=declared: resolve(d, v | {k.partition(".")[2]: w}, "link"), values)  # type: ignore[misc]
        parts[prefix] = values
    return (
        replace(
            found,
            dataset_settings=settings(parts["d"]),
            model_settings=settings(parts["m"]),
            training=TrainingSpec(**parts["t"]),  # type: ignore[arg-type]
            split=attempt(lambda: _known_split(query.get("split", found.split), catalogue.dataset(dataset)), found.split),
            split_seed=attempt(lambda: SPLIT_SEED.check(query.get("split_seed", 0)), 0),
            seeds=attempt(lambda: SEEDS.check(query.get("seeds", SEEDS.default)), SEEDS.default),
            node=attempt(lambda: _node(query.get("node")), None),
        ),
        messages,
    )


ASKED = ("d", "m", "t")
"""Dataset, model and training, as a link's settings begin."""


def command(selection: Selection, catalogue: Catalogue, lens: str = "", asked: Sequence[str] = ASKED) -> str:
    """The headless command that trains the same runs, or asks a lens about them. `asked`: which of `ASKED` the lens asks for."""
    words = ["hopscope", *(["lens", lens] if lens else ["train"]), "--dataset", selection.dataset]
    words += ["--model", selection.model] if "m" in asked else []
    words += ["--seeds", str(selection.seeds)] if "t" in asked else []
    words += ["--split", selection.split]
    if selection.split in DRAWN_SPLITS and selection.split_seed:
        words += ["--set", f"split_seed={selection.split_seed}"]
    names = {"d": "dataset", "m": "model", "t": "training"}
    for prefix, chosen, declared in _sections(
        selection, catalogue.dataset(selection.dataset).parameters, catalogue.model(selection.model).parameters
    ):
        if prefix not in asked:
            continue
        words += [
            word for name, value in _changed(chosen, declared).items() for word in ("--set", f"{names[prefix]}.{name}={written(value)}")
        ]
    return shlex.join(words)


def python(selection: Selection, catalogue: Catalogue) -> str:
    """Lines of Python that train the run of seed 0."""
    first = selection.specs(catalogue)[0]
    return "\n".join(
        (
            "from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec",
            "from core.training import train",
            "",
            "spec = RunSpec(",
            f"    {first.dataset!r},",
            f"    {first.model!r},",
            f"    {first.training!r},",
            "    seed=0,",
            ")",
            "run = train(spec)",
            "print(run.scores)",
        )
    )


def _sections(
    selection: Selection, dataset: Sequence[Parameter], model: Sequence[Parameter]
) -> tuple[tuple[str, Settings, Sequence[Parameter]], ...]:
    return (
        ("d", selection.dataset_settings, dataset),
        ("m", selection.model_settings, model),
        ("t", settings(asdict(selection.training)), TRAINING),
    )


def _defaults(parameters: Sequence[Parameter]) -> Settings:
    return settings(resolve(parameters, {}, ""))


def _changed(chosen: Settings, declared: Sequence[Parameter]) -> dict[str, Value]:
    defaults = dict(_defaults(declared))
    return {name: value for name, value in chosen if value != defaults.get(name)}


def written(value: Value) -> str:
    """As short as it can be and still the same number when it is read again."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _known_split(name: str, card: DatasetCard) -> str:
    known = splits_of(card)
    if name not in known:
        raise UserError(f"{card.title} has no split '{name[:40]}'; it has {', '.join(known)}.")
    return name


def _node(word: str | None) -> int | None:
    if word is None or word == "":
        return None
    if not (word.isascii() and word.isdigit()) or len(word) > 12:
        raise UserError(f"Node '{word[:40]}' is not a node number; nodes are numbered from 0.")
    return int(word)
