"""Arguments that every command takes that trains."""

from __future__ import annotations

from argparse import ArgumentParser

from core.parameters import Integer

SPLITS = "public, random, random:3 (with its split seed), per_class, gats"


def declare_subject(parser: ArgumentParser, *, required: bool = True) -> None:
    """What is trained on what."""
    parser.add_argument("--dataset", required=required, metavar="NAME", help="see 'hopscope list datasets'")
    parser.add_argument("--model", required=required, metavar="NAME", help="see 'hopscope list models'")


def declare_single(parser: ArgumentParser, also: str = "") -> None:
    """Settings, split and device of the one model that a command asks. `also`: what else `--set` takes."""
    text = f"a setting of the dataset, the model or the training{also}"
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="NAME=VALUE", help=text)
    parser.add_argument("--split", metavar="NAME", help=f"{SPLITS}, 0 … 9")
    parser.add_argument("--device", default="auto", metavar="NAME", help="where the model is trained: auto, cpu, cuda or mps")


def declare_training(parser: ArgumentParser, seeds: Integer) -> None:
    """How often, on which split and where, and that a long plan is wanted."""
    parser.add_argument("--seeds", default=seeds.default, metavar="N", help="training seeds 0 … N−1 (default: %(default)s)")
    parser.add_argument(
        "--split",
        metavar="NAME",
        help=f"{SPLITS}, 0 … 9, or all: run i takes split i mod their number",
    )
    parser.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or mps (default: %(default)s)")
    parser.add_argument("--yes", action="store_true", help="train however much it is: more than 1,000 runs, or an hour, are asked about")
