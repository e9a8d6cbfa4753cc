# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The table of what the check of a boot.cfg can find. Pure."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import SILENT, STOPS, Finding, message

# severity, what the boot loader does, remedy
RULES: dict[str, tuple[str, str, str]] = {
    "file-length": ("error", SILENT, "Give a boot.cfg."),
    "no-kernel": ("error", STOPS, "Add kernel=."),
    "utf-16": ("error", STOPS, "Save the file as ASCII."),
    "byte-order-mark": ("error", SILENT, "Save the file as ASCII without a byte order mark."),
    "nul": ("error", SILENT, "Remove the NUL byte."),
    "blank-before-equals": ("error", SILENT, "Remove the blank before =."),
    "no-equals": ("warning", SILENT, "Remove the line, or write key=value."),
    "not-a-number": ("error", STOPS, "Give digits only."),
    "number-range": ("error", SILENT, "Give a number from -2147483648 to 2147483647."),
    "short-key": ("warning", SILENT, "Write the key out."),
    "empty-key": ("error", SILENT, "Remove the line, or write the key before =."),
    "unknown-key": ("info", SILENT, "Remove the line if nothing else reads it."),
    "duplicate-key": ("warning", SILENT, "Keep one line."),
    "empty-after-set": ("error", SILENT, "Keep one line of the key."),
    "key-since": ("warning", SILENT, "Remove the line, or use the boot loader of a release that knows it."),
    "path-blank": ("error", SILENT, "Give a path without blanks; options of the kernel go to kernelopt=."),
    "path-secret": ("error", SILENT, "Leave user and password out of the URL."),
    "prefix-unused": ("error", SILENT, "Remove the slash before the paths, or the prefix."),
    "prefix-partly": ("warning", SILENT, "Remove the slash before the paths that are to be below the prefix."),
    "kernel-length": ("error", STOPS, "Give fewer options, or a shorter prefix."),
    "module-length": ("error", STOPS, "Give a shorter prefix, a shorter path or fewer options of the module."),
    "empty-module": ("error", SILENT, "Remove one ---."),
    "split-module": ("error", SILENT, "Put blanks around ---, and rename a file whose name has it."),
    "two-dashes": ("error", SILENT, "Put --- between modules: what stands behind -- is an option of the module before it."),
    "bootstate-place": ("error", STOPS, "Put bootstate first."),
    "bootstate-value": ("warning", SILENT, "Give 0, 1, 2 or 3."),
    "ks-scheme": ("error", STOPS, "Give http, https, ftp or nfs:// and a host, or cdrom:, usb: or file:// and a path in upper case."),
    "ks-https": ("warning", SILENT, "Use it in a network that you trust, or put the script on the medium: certificates are not checked."),
    "ks-unprotected": ("warning", SILENT, "Use it in a network that you trust, or put the script on the medium."),
    "ks-secret": ("error", SILENT, "Leave user and password out of the URL."),
    "ks-case": ("warning", STOPS, "Write the path in upper case, as ISO 9660 has it."),
    "ks-and-cdrom": ("warning", SILENT, "Remove cdromBoot."),
    "media-size": ("error", SILENT, "Give min, small, default or max."),
    "media-size-twice": ("warning", SILENT, "Remove autoPartitionOSDataSize, which the vendor does not support."),
    "option-secret": ("error", SILENT, "Remove the option: everybody reads it who can read the file, and every user of the installed host."),
    "option-twice": ("warning", SILENT, "Keep one of them: which of two counts is documented nowhere."),
    "option-case": ("error", SILENT, "Write the option as the installer does; case counts."),
    "option-spelling": ("error", SILENT, "Write the option as the installer does."),
    "option-blank": ("error", SILENT, "Write the option as name=value without blanks."),
}


def say(rule: str, line: int, text: str) -> Finding:
    """A finding of a rule of the table."""
    severity, does, remedy = RULES[rule]
    return Finding(line, severity, rule, message(text), remedy, does)


def show(name: bytes) -> str:
    """Bytes of a file for people."""
    return repr(name[:40].decode("ascii", "backslashreplace"))
