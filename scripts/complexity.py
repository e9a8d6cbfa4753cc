# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No function gets denser than it may be, counted with every and, or and conditional expression, which ruff's C901 leaves out.

What was denser when the limit came stands in scripts/complexity.txt, which may only shrink. Usage: python scripts/complexity.py [--shrink]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Iterator

from radon.complexity import cc_visit
from radon.visitors import Class

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts" / "complexity.txt"
FOLDERS = ("plugins", "docs", "lab", "benchmarks", "scripts")
LIMIT = 15


def functions(source: str) -> Iterator[tuple[str, int]]:
    """The name, with its class, and the complexity of each."""
    for block in cc_visit(source):
        if isinstance(block, Class):
            yield from ((f"{block.name}.{method.name}", method.complexity) for method in block.methods)
        elif not block.is_method:
            yield block.name, block.complexity


def dense(root: Path) -> dict[str, int]:
    """Functions over the limit, by file and name; of two with one name in a file the worst."""
    found: dict[str, int] = {}
    for path in sorted(each for folder in FOLDERS for each in (root / folder).rglob("*.py")):
        for name, complexity in functions(path.read_text(encoding="utf-8")):
            if complexity > LIMIT:
                key = f"{path.relative_to(root)}:{name}"
                found[key] = max(complexity, found.get(key, 0))
    return found


def listed(text: str) -> dict[str, int]:
    """What may be over the limit, as it stands in the list."""
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {key: int(most) for key, most in rows}


def complaints(found: dict[str, int], allowed: dict[str, int]) -> list[str]:
    """What got worse, and what the list allows for nothing."""
    worse = [f"{key}: complexity {value}, over {allowed.get(key, LIMIT)}; divide it" for key, value in found.items() if value > allowed.get(key, LIMIT)]
    better = [
        f"{key}: {most} in {LIST.name}, but it is {found.get(key, f'at most {LIMIT}')}; run scripts/complexity.py --shrink"
        for key, most in allowed.items()
        if found.get(key, 0) < most
    ]
    return worse + better


def main() -> int:
    """With --shrink the list is written anew, of what was on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shrink", action="store_true")
    text = LIST.read_text(encoding="utf-8")
    found, allowed = dense(ROOT), listed(text)
    if parser.parse_args().shrink:
        head = [line for line in text.splitlines() if line.startswith("#")]
        rows = [f"{key} {min(value, allowed[key])}" for key, value in sorted(found.items()) if key in allowed]
        LIST.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
        allowed = listed(LIST.read_text(encoding="utf-8"))
    faults = complaints(found, allowed)
    print("\n".join(faults) or f"{len(found)} functions over {LIMIT}, as listed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
