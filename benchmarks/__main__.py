"""`python -m benchmarks`: ours against plain PyG, alternating in one process.

`--save` puts the result into benchmarks/README.md, or the command's own page, in the place of the last one.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import torch

from benchmarks import attention, big, calibration, dial, explain, ground_truth, homophily, memory, plan, train, what_if
from benchmarks.measure import circumstances

COMMANDS = {
    "train": train,
    "plan": plan,
    "big": big,
    "memory": memory,
    "explain": explain,
    "what-if": what_if,
    "attention": attention,
    "calibration": calibration,
    "homophily": homophily,
    "dial": dial,
    "ground-truth": ground_truth,
}
CPU_ONLY = ("explain", "what-if", "attention", "calibration", "homophily", "dial", "ground-truth")
"""Whose work is done on the CPU, as on the pages."""
README = Path(__file__).parent / "README.md"
PAGES = {"ground-truth": Path(__file__).parent / "ground_truth.md"}
"""Where results are put that have a page of their own."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, module in COMMANDS.items():
        sub = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        if name not in CPU_ONLY:
            sub.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
        sub.set_defaults(device="cpu")
        sub.add_argument("--save", metavar="SECTION", help=f"the section of benchmarks/{PAGES.get(name, README).name} to replace")
        module.declare(sub)
    arguments = parser.parse_args(argv)
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here; --device cpu works.", file=sys.stderr)
        return 2
    page = PAGES.get(arguments.command, README)
    if arguments.save:
        replaced(page.read_text(encoding="utf-8"), arguments.save, "")  # better known before the measurement than after
    words = [*(sys.argv[1:] if argv is None else argv)]
    result = COMMANDS[arguments.command].measure(arguments)
    print(f"\n{result}")
    if arguments.save:
        place = words.index("--save")
        command = " ".join(words[:place] + words[place + 2 :])
        made = f"`python -m benchmarks {command}` on {date.today()}: {circumstances(arguments.device)}."
        page.write_text(replaced(page.read_text(encoding="utf-8"), arguments.save, f"{result}\n\n{made}"), encoding="utf-8")
    return 0


def replaced(text: str, section: str, content: str) -> str:
    """The text with what stands between the section's marks replaced; `ValueError` if it has no such marks."""
    begin, end = f"<!-- {section} -->\n", f"<!-- end of {section} -->"
    before, mark, rest = text.partition(begin)
    _, closing, after = rest.partition(end)
    if not (mark and closing):
        raise ValueError(f"There is no section '{section}' to replace: the page needs the lines '{begin.strip()}' and '{end}'.")
    return f"{before}{begin}{content}\n{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
