# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What esxi_kickstart does: from options, from an existing file or from both to a ks.cfg and its findings. Pure."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import Installation, lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.mask import secrets, shown
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import KEYS, SECRET_KEYS, Model, extract, fields, normal, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import Document, parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import INSTALLS, WRITTEN
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import LISTS, SWITCH, WORD, Command, Option
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import Files, NewFile, TaskResult, judge
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Spec = Dict[str, Any]
_TYPES = {"flag": "bool", "zero_one": "bool", "true_false": "bool", "int": "int", "vlan": "int", **{name: "list" for name in LISTS}}


def spec() -> Spec:
    """The options, from the table of commands."""
    options: Spec = {
        "path": {"type": "path", "aliases": ["dest"]},
        "src": {"type": "path"},
        "esxi_version": {"type": "str"},
        "secure_boot": {"type": "bool"},
        "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "error"},
        "backup": {"type": "bool", "default": False},
    }
    for row in WRITTEN:
        options[row.key] = _of_command(row)
        options.update({option.key: _suboption(option) for option in row.options if option.key})
    return options


EXCLUSIVE: list[tuple[str, ...]] = [INSTALLS]
ONE_OF: list[tuple[str, ...]] = [("path", "src")]


def _of_command(row: Command) -> Spec:
    if row.shape == SWITCH:
        return {"type": "bool"}
    one: Spec = {"type": "str"} if row.shape == WORD else {"type": "dict", "options": _suboptions(row)}
    if row.secret:
        one["no_log"] = True
    return {**one, "type": "list", "elements": one["type"]} if row.many else one


def _suboptions(command: Command) -> Spec:
    options = {option.field: _suboption(option) for option in fields(command)}
    if command.argument is not None:
        options[command.argument.name] = {"type": "str", "required": True}
    if command.script:
        options["script"] = {"type": "str", "required": True, "no_log": True}
    return options


def _suboption(option: Option) -> Spec:
    kind = _TYPES.get(option.type, "str")
    made: Spec = {"type": kind}
    if kind == "list":
        made["elements"] = "str"
    if option.choices:
        made["choices"] = list(option.choices)
    return made


def work(params: Mapping[str, Any], files: Files) -> TaskResult:
    """The whole task but for writing."""
    target = Installation(EsxiVersion.parse(params["esxi_version"]) if params.get("esxi_version") else None, params.get("secure_boot"))
    given = {key: params[key] for key in KEYS if params.get(key) is not None}
    source = _source(params, files)
    if not params.get("path"):
        return _check_only(params, source, given, target)
    old, dropped = extract(source) if source is not None else ({}, [])
    model = _merged(old, given)
    data = render(model)
    document = parse(data)
    before = parse(files.read(params["path"]) or b"")
    outcome = TaskResult(secrets=[*secrets(document), *secrets(before), *(secrets(source) if source else [])])
    findings = lint(document, target)
    judge(findings, params, params["path"], _secrets=outcome.secrets)
    outcome.files = [_new_file(params["path"], data, before, document, bool(secrets(document)))]
    outcome.warnings = [f"{each.message} ({each.rule}). {each.remedy}" for each in findings if each.severity == "warning"]
    if dropped:
        lines = ", ".join(str(line) for line in dropped[:20]) + (" and more" if len(dropped) > 20 else "")
        outcome.warnings.append(f"{params['src']}: not taken over, as they say nothing that counts: line {lines}. Comments are not taken over either.")
    outcome.result = {
        "path": params["path"],
        "sha256": hashlib.sha256(data).hexdigest(),
        "findings": [each.as_dict() for each in findings],
        "dropped": dropped,
        "options": _public(model),
    }
    return outcome


def _source(params: Mapping[str, Any], files: Files) -> Document | None:
    if not params.get("src"):
        return None
    data = files.read(params["src"])
    if data is None:
        raise InputError(f"src: {params['src']} is no file on this host; give the path of a ks.cfg.")
    return parse(data)


def _check_only(params: Mapping[str, Any], source: Document | None, given: Model, target: Installation) -> TaskResult:
    if given or source is None:
        raise InputError(f"path: it is needed to write {', '.join(sorted(given)) or 'a ks.cfg'}; give it, or src alone to check a file.")
    model, dropped = extract(source)
    outcome = TaskResult(secrets=secrets(source))
    findings = lint(source, target)
    judge(findings, params, params["src"], _secrets=outcome.secrets)
    outcome.result = {"findings": [each.as_dict() for each in findings], "dropped": dropped, "options": _public(model)}
    return outcome


def _merged(old: Model, given: Model) -> Model:
    kept = dict(old)
    if set(given) & set(INSTALLS):
        kept = {key: value for key, value in old.items() if key not in INSTALLS}
    return {**kept, **given}


def _public(model: Model) -> Model:
    return {key: hidden(value) for key, value in normal(model).items() if key not in SECRET_KEYS}


def hidden(value: Any) -> Any:
    """Scripts and URLs may carry passwords, which Ansible hides by itself only if they are long."""
    if isinstance(value, Mapping):
        return {name: hidden(each) for name, each in value.items()}
    if isinstance(value, list):
        return [hidden(each) for each in value]
    return hide(value) if isinstance(value, str) else value


def _new_file(path: str, data: bytes, before: Document, after: Document, private: bool) -> NewFile:
    old, new = shown(before), shown(after)
    if old == new:
        # Only a secret differs: say so without it.
        new = shown(after, "******** (another one)")
    return NewFile(path, data, old, new, private)
