# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""How a run that changes nothing is told: of what was looked at, and of nothing else. Pure."""

from __future__ import annotations

from typing import Iterable, Sequence

# So many targets are named.
_TARGETS = 5
NOTHING_REACHED = "Nothing was looked at: nothing that is there matches what is asked for."


def nothing_to_do(looked_at: int, where: str = "", noun: str = "object") -> str:
    """The sentence for a run without a step. C(looked_at) counts the objects of the wish, C(where) is the end of their description."""
    if not looked_at:
        return NOTHING_REACHED
    return f"Nothing to do: all that is asked for is already so; {count(looked_at, noun)}{where} {'was' if looked_at == 1 else 'were'} looked at."


def steps(number: int, done: bool) -> str:
    """The sentence for a run with steps, or for a check that foretells them."""
    return f"{count(number, 'step')} {'done and read back' if done else 'would be done'}."


def on(some: int, every: int, noun: str, plural: str = "") -> str:
    """C( on 2 hosts), C( on 1 of 2 hosts): for C(where)."""
    return f" on {count(every, noun, plural) if some == every else f'{some} of {count(every, noun, plural)}'}"


def count(number: int, noun: str, plural: str = "") -> str:
    """C(1 object), C(2 objects); C(plural) where it is more than an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def few(names: Sequence[str], most: int = 10) -> str:
    """The first ones, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def in_common(told: Iterable[tuple[str, str]]) -> list[str]:
    """Sentences, each with the name of the target that it is about: one that several have in common is given once."""
    names: dict[str, list[str]] = {}
    for name, text in told:
        names.setdefault(text, []).append(name)
    return [f"{few(those, _TARGETS)}: {text}" for text, those in names.items()]


def left_out(names: Sequence[str]) -> str:
    """The warning about targets that can't be reached, where that is allowed."""
    return f"Left out, as nothing can be changed there now: {few(names, _TARGETS)}."


def failures(failed: Sequence[tuple[str, str]], every: int, noun: str, option: str, changed: str = "") -> str:
    """How a task ends in which targets failed, each with its name and sentence; C(option) of the result has all of their names,
    and C(changed) says what became of others."""
    reasons = [message if message.startswith(name) else f"{name}: {message}" for name, message in failed[:_TARGETS]]
    more = f" And {len(failed) - _TARGETS} more, see {option}." if len(failed) > _TARGETS else ""
    return (f"{len(failed)} of {every} {noun} failed{changed}. " if every > 1 else "") + " ".join(reasons) + more
