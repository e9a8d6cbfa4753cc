# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What to say where a Python library is missing or can't be used: for which Python of which host, and how it gets there."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, Callable, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import DependencyError


class Library(NamedTuple):
    """A library that modules need."""

    # As it is imported, and as PyPI names it.
    name: str
    pypi: str
    oldest: str
    # How a user gets it beside pip, as the beginning of a list, and where it belongs, as a sentence.
    otherwise: str
    where: str
    # What to take where the one that is there does not fit its Python.
    fitting: str


class Lazy:
    """A library that is imported at its first use: who only reads what options there are waits for none, as the control node does in every task of a role.

    C(load) has the import statement, which is not done by a string: AnsiballZ reads the source.
    """

    def __init__(self, library: Library, load: Callable[[], Any]) -> None:
        self._library, self._load = library, load
        self._found: Any = None
        self._failure: DependencyError | None = None

    def require(self) -> Any:
        """The library. DependencyError, with what the user can do, unless it can be used."""
        if self._found is None and self._failure is None:
            # Not only ImportError: a library that does not fit its Python raises what it likes.
            try:
                self._found = self._load()
            except Exception as error:  # pylint: disable=broad-except
                self._failure = _failure(self._library, error, traceback.format_exc())
        if self._failure is not None:
            raise self._failure
        return self._found


def _failure(library: Library, error: Exception, trace: str) -> DependencyError:
    """A missing module of the library's own is a broken installation, not a missing one."""
    missing = isinstance(error, ImportError) and (error.name or "") == library.name
    reason = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
    return DependencyError(_missing(library) if missing else _unusable(library, reason), exception=trace)


def _missing(library: Library) -> str:
    return (
        f"{library.name} {library.oldest} or later is missing on {_host()}, where this task runs, for the Python that it runs on ({sys.executable}): "
        f"{library.otherwise}run {_pip(library)} there. {library.where}If another Python there has it, name that one in ansible_python_interpreter."
    )


def _unusable(library: Library, reason: str) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return (
        f"{library.name} was found but is unusable on Python {version} of {_host()} ({sys.executable}): {reason}; {library.fitting}, "
        f"with {_pip(library)} for instance."
    )


def _pip(library: Library) -> str:
    return f"'{sys.executable} -m pip install \"{library.pypi}>={library.oldest}\"'"


def _host() -> str:
    return os.uname().nodename
