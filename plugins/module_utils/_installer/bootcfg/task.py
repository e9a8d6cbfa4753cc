# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What esxi_boot_cfg does: changes to one boot.cfg or to both copies of a tree. Pure."""

from __future__ import annotations

import hashlib
import posixpath
from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply, words
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.lint import lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.media_size import SIZES, check_host, plan
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import BootCfg, modules, number, parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide, secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import Files, NewFile, TaskResult, judge
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import METADATA, EsxiVersion, of_medium
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Spec = Dict[str, Any]
# The copies of a tree: the one of the BIOS (isolinux) and the one of UEFI. On ISO 9660 names are in upper case, on other media in lower case.
COPIES: tuple[tuple[str, ...], ...] = (("boot.cfg",), ("efi", "boot", "boot.cfg"))


def spec() -> Spec:
    """The options."""
    return {
        "path": {"type": "path", "required": True},
        "kernel_options": {"type": "dict", "default": {}},
        "kernel_options_absent": {"type": "list", "elements": "str", "default": []},
        "modules_present": {"type": "list", "elements": "str", "default": []},
        "modules_absent": {"type": "list", "elements": "str", "default": []},
        "relative_paths": {"type": "bool", "default": False},
        "prefix": {"type": "str"},
        "title": {"type": "str"},
        "timeout": {"type": "int"},
        "system_media_size": {"type": "str", "choices": list(SIZES)},
        "esxi_version": {"type": "str"},
        "memory": {"type": "bytes"},
        "disk_size": {"type": "bytes"},
        "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "error"},
        "backup": {"type": "bool", "default": False},
    }


def work(params: Mapping[str, Any], files: Files) -> TaskResult:
    """The whole task but for writing."""
    outcome = TaskResult()
    answers, findings = [], []
    for path in copies(params["path"], files):
        data = files.read(path)
        if data is None:
            raise InputError(f"path: {path} is no file on this host; give a boot.cfg, or the folder of a tree that has one.")
        answer, found = _one(params, path, data, files, outcome)
        answers.append(answer)
        findings += [{"path": path, **each.as_dict()} for each in found]
    if len(answers) == 1 and files.names(params["path"]) is not None:
        outcome.warnings.append(f"{params['path']} has one boot.cfg only, {answers[0]['path']}; media that start by BIOS and by UEFI have two.")
    sizes = [answer.pop("system_media") for answer in answers]
    outcome.result = {"files": answers, "findings": findings, "system_media": sizes[0]}
    outcome.warnings = list(dict.fromkeys(outcome.warnings))
    return outcome


def copies(path: str, files: Files) -> list[str]:
    """The path itself, or in a folder every copy that it has."""
    if files.names(path) is None:
        return [path]
    found = [each for each in (_find(path, parts, files) for parts in COPIES) if each is not None]
    if not found:
        raise InputError(f"path: the folder {path} has neither boot.cfg nor efi/boot/boot.cfg, in any case; give the top of an installer's tree.")
    return found


def _find(folder: str, parts: tuple[str, ...], files: Files) -> str | None:
    for part in parts:
        names = [name for name in files.names(folder) or [] if name.lower() == part]
        if not names:
            return None
        if len(names) > 1:
            raise InputError(f"path: {folder} has {' and '.join(sorted(names))}, which differ in case only; remove one.")
        folder = f"{folder.rstrip('/')}/{names[0]}"
    return folder


def _tree(path: str, files: Files) -> EsxiVersion | None:
    """The release of an installer's tree whose boot.cfg does not tell it, by the folder or by one of the copies."""
    if files.names(path) is None:
        path = posixpath.dirname(path)
        path = path[: -len("/efi/boot")] if path.lower().endswith("/efi/boot") else path
    metadata = _find(path, METADATA, files)
    return EsxiVersion.of_metadata(files.read(metadata) or b"") if metadata else None


def _one(params: Mapping[str, Any], path: str, data: bytes, files: Files, outcome: TaskResult) -> tuple[dict[str, Any], list[Finding]]:
    before = parse(data)
    version = _version(params, _release(before) or _tree(params["path"], files), path, outcome)
    check_host(params.get("memory"), params.get("disk_size"))
    options = kernel_options(params)
    # Whichever way it is written, the rules are the same.
    size = params.get("system_media_size") or options.get("systemMediaSize")
    media = None
    if size or "systemMediaSize" in options:
        if version is None:
            raise InputError(f"esxi_version: it is needed with system_media_size, as {path} does not tell the release.")
        made = plan(size or "", version, params.get("memory"), params.get("disk_size"))
        options["systemMediaSize"] = made.size
        outcome.warnings += made.warnings
        media = made.as_dict()
    edit = Edit(
        options,
        params.get("kernel_options_absent") or (),
        params.get("modules_present") or (),
        params.get("modules_absent") or (),
        bool(params.get("relative_paths")),
        params.get("prefix"),
        params.get("title"),
        params.get("timeout"),
    )
    new = apply(data, edit) if edit != Edit() else data
    config = parse(new)
    text, shown = _text(data), _text(new)
    outcome.secrets += [each[start:end] for each in (text, shown) for start, end in secret_spans(each)]
    findings = lint(config, version)
    judge(findings, params, path, _secrets=outcome.secrets)
    outcome.warnings += [f"{path}: {each.message} ({each.rule}). {each.remedy}" for each in findings if each.severity == "warning"]
    outcome.files.append(NewFile(path, new, hide(text), hide(shown), bool(secret_spans(shown))))
    return {**_answer(path, new, config), "changed": new != data, "system_media": media}, findings


def kernel_options(params: Mapping[str, Any]) -> dict[str, str | None]:
    """The options of the kernel that are to be there; None is a word of its own."""
    given = params.get("kernel_options") or {}
    if params.get("system_media_size") and "systemMediaSize" in given:
        raise InputError("kernel_options: systemMediaSize is given by system_media_size too; name it once.")
    options: dict[str, str | None] = {}
    for name, value in given.items():
        if isinstance(value, (dict, list)) or value is False:
            raise InputError(f"kernel_options: {name} is {value!r}; give text, or nothing for a word of its own, or name it in kernel_options_absent.")
        options[str(name)] = None if value is None or value is True or value == "" else str(value)
    return options


def _release(config: BootCfg) -> EsxiVersion | None:
    return EsxiVersion.of_build(config.text("build"))


def _version(params: Mapping[str, Any], own: EsxiVersion | None, path: str, outcome: TaskResult) -> EsxiVersion | None:
    given = params.get("esxi_version") or ""
    if given and own is None:
        outcome.warnings.append(f"{path}: it does not tell the release, so esxi_version ({given}) is not compared with it.")
    return of_medium(given, own, path)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _answer(path: str, data: bytes, config: BootCfg) -> dict[str, Any]:
    version = _release(config)
    return {
        "path": path,
        "sha256": hashlib.sha256(data).hexdigest(),
        "title": config.text("title"),
        "prefix": config.text("prefix"),
        "timeout": number(config.value("timeout")) if "timeout" in config.where else 5,
        "kernel": config.text("kernel"),
        "kernel_options": [hide(_text(word)) for word in words(config.value("kernelopt"))],
        "modules": [_text(item) for item in modules(config.value("modules"))],
        "esxi_version": str(version) if version else None,
    }
