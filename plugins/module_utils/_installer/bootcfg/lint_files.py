# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a boot.cfg: what is loaded, from where, and whether the boot loader has room for it. Pure."""

from __future__ import annotations

from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import BootCfg, absolute, clean, modules, number, resolve
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.rules import say, show
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

# What the kernel's protocol holds of the kernel's path with its options, and of a module's.
_KERNEL_LIMIT, _MODULE_LIMIT = 4096, 256
_LIMITED_SINCE = EsxiVersion(7, 0, 2)
# What the boot loader adds in a network unless nobootif=1.
_BOOTIF = b" BOOTIF=01-00-00-00-00-00-00"


def check(config: BootCfg, release: EsxiVersion | None) -> Iterator[Finding]:
    """The findings of a file of a release, if it is known."""
    files = _files(config)
    yield from _prefix(config, files)
    yield from _paths(config)
    if release is None or release >= _LIMITED_SINCE:
        yield from _kernel_length(config)
        yield from _module_length(config)


def _files(config: BootCfg) -> list[bytes]:
    found = [config.value(key) for key in ("kernel", "crypto")]
    found += [(item.split() or [b""])[0] for key in ("modules", "acpitables") for item in modules(config.value(key))]
    return [path for path in found if path]


def _prefix(config: BootCfg, files: list[bytes]) -> Iterator[Finding]:
    free = [path for path in files if absolute(path)] if config.value("prefix") else []
    if not free:
        return
    at = config.where["prefix"] + 1
    if len(free) == len(files):
        yield say("prefix-unused", at, f"prefix is not put before any path, as all of them begin with a slash or have ://, the first is {show(free[0])}")
    else:
        yield say("prefix-partly", at, f"prefix is not put before {len(free)} paths that begin with a slash or have ://, the first is {show(free[0])}")


def _paths(config: BootCfg) -> Iterator[Finding]:
    for key in ("kernel", "crypto", "prefix"):
        if b" " in config.value(key):
            asked = clean(config.value(key)[:_KERNEL_LIMIT])
            yield say("path-blank", config.where[key] + 1, f"{key} has a blank, which the boot loader removes: it takes {show(asked)}")
    for key in ("kernel", "crypto", "prefix", "modules", "acpitables"):
        if secret_spans(config.text(key)):
            yield say("path-secret", config.where[key] + 1, f"{key} carries a password, which everybody reads who can read the file")


def _kernel_length(config: BootCfg) -> Iterator[Finding]:
    more = b"" if (number(config.value("nobootif")) or 0) > 0 else _BOOTIF
    length = len(resolve(config.value("prefix"), config.value("kernel")) + b" " + config.value("kernelopt") + more)
    if length >= _KERNEL_LIMIT:
        at = config.where.get("kernelopt", config.where.get("kernel", -1)) + 1
        said = f"the kernel's path and options have {length} bytes with what is added, and the boot loader takes less than {_KERNEL_LIMIT}"
        yield say("kernel-length", at, said)


def _module_length(config: BootCfg) -> Iterator[Finding]:
    long: list[tuple[bytes, int]] = []
    for item in modules(config.value("modules")):
        path, blank, options = item.partition(b" ")
        length = len(resolve(config.value("prefix"), path) + blank + options)
        if length >= _MODULE_LIMIT:
            long.append((path, length))
    if long:
        path, length = long[0]
        said = f"the path and options of module {show(path)} have {length} bytes with the prefix, and the boot loader takes less than {_MODULE_LIMIT}"
        yield say("module-length", config.where["modules"] + 1, said + (f"; {len(long) - 1} more are too long" if len(long) > 1 else ""))
