# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Between a model, which is a dict of options as a module takes them, and a ks.cfg. Pure.

The keys of a model are those of the table's commands, and of the few options that have one. A value of an option is named as in the table, in lower case and
without dashes.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.call import Call
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lex import BLANKS, quote
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import effective, read
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint_options import good_hash
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import COMMAND, LOST, REST, SCRIPT, Document
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, INSTALLS, SCRIPT_ENDS, WRITTEN
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import (
    DEPRECATED,
    LISTS,
    NO_EFFECT,
    OPTIONS,
    REFUSED,
    SECTION,
    SWITCH,
    WORD,
    Command,
    Option,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Model = Dict[str, Any]
KEYS = tuple(key for row in WRITTEN for key in (row.key, *(option.key for option in row.options if option.key)))
SECRET_KEYS = tuple(row.key for row in WRITTEN if row.secret)
_BOOLEANS = {"zero_one": ("0", "1"), "true_false": ("false", "true")}
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ENDS = re.compile("^(?:" + "|".join(re.escape(name) for name in SCRIPT_ENDS) + ")", re.MULTILINE)


def fields(command: Command) -> list[Option]:
    """The options of a command that a model can have."""
    return [option for option in command.options if not option.alias and option.status not in (DEPRECATED, NO_EFFECT, REFUSED)]


def normal(model: Mapping[str, Any]) -> Model:
    """Without what is not given, and scripts with one newline at their end. Two models that make the same file are equal then."""
    clean: Model = {}
    for key in KEYS:
        value = _normal(model.get(key))
        if value is not None and value is not False and (value != [] or key in INSTALLS):
            clean[key] = value
    for row in WRITTEN:
        for option in row.options if row.key not in clean else ():
            clean.pop(option.key, None)
    return clean


def _normal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _script(each) if name == "script" else each for name, each in value.items() if each is not None and (each is not False or name in _TWO_SIDED)
        }
    return [_normal(each) for each in value] if isinstance(value, list) else value


def _script(text: str) -> str:
    return re.sub("\r+\n", "\n", text).rstrip("\r\n") + "\n"


_TWO_SIDED = frozenset(option.field for command in COMMANDS.values() for option in command.options if option.type in _BOOLEANS)


def render(model: Mapping[str, Any]) -> bytes:
    """The file; InputError for a value that can't stand in one."""
    clean = normal(model)
    lines = [_WRITERS[row.shape](row, each, clean) for row in WRITTEN if row.key in clean for each in (clean[row.key] if row.many else [clean[row.key]])]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _switch(row: Command, value: Any, clean: Model) -> str:
    return " ".join([row.name, *(option.name for option in row.options if clean.get(option.key))])


def _single_word(row: Command, value: Any, clean: Model) -> str:
    if row.argument is None:
        return f"{row.name} {row.options[0].name}={_word(row.key, value)}"
    if not row.argument.hash:
        return f"{row.name} {_word(row.key, value)}"
    why = good_hash(value)
    if why is not None:
        raise InputError(f"{row.key}: {why}.")
    return " ".join([row.name, *(option.name for option in row.options), value])


def _command(command: Command, values: Mapping[str, Any], clean: Model) -> str:
    name, words = command.name, [command.name]
    if command.argument is not None:
        words.append(_word(f"{name}: {command.argument.name}", values.get(command.argument.name, "")))
    for option in fields(command):
        value = values.get(option.field)
        if value is not None and (value is not False or option.type in _BOOLEANS):
            words.append(_option(name, option, value))
    return " ".join(words)


def _option(name: str, option: Option, value: Any) -> str:
    where = f"{name}: {option.field}"
    if option.type == "flag" or (option.type == "filters" and not value):
        return option.name
    if option.type in _BOOLEANS:
        return f"{option.name}={_BOOLEANS[option.type][bool(value)]}"
    if option.type in LISTS:
        for each in value:
            if not each.strip() or each != each.strip() or "," in each:
                raise InputError(f"{where}: {each!r} can't be part of a list; give each element as one of its own, without commas or outer blanks.")
        value = ",".join(value)
    return quote(f"{option.name}={_checked(where, str(value))}")


def _word(where: str, text: str) -> str:
    # A word with an = is an option to the installer only if its left side is one; a leading dash would look like one to people.
    if text.startswith("-"):
        raise InputError(f"{where}: {text!r} begins with a dash like an option; give it another name.")
    return quote(_checked(where, text))


def _checked(where: str, text: str) -> str:
    if not text:
        raise InputError(f"{where}: it is empty; leave the option out or give a value.")
    if _FORBIDDEN.search(text):
        raise InputError(f"{where}: {text!r} has a control character, which no line of a ks.cfg can carry; remove it.")
    return text


def _section(row: Command, values: Mapping[str, Any], clean: Model) -> str:
    key = row.key
    body = str(values.get("script", ""))
    if not body.strip():
        raise InputError(f"{key}: the script is empty; leave the section out or give one.")
    cut = _ENDS.search(body)
    if cut:
        line = body.count("\n", 0, cut.start()) + 1
        raise InputError(f"{key}: line {line} of the script begins with {cut.group(0)}, where the installer would end the script; indent the line.")
    if re.search("[\x00\ud800-\udfff]", body):
        raise InputError(f"{key}: the script has a character that is no text; encode it, for example as base64.")
    return _command(row, values, clean) + "\n" + body.rstrip("\n")


_WRITERS: Mapping[str, Callable[[Command, Any, Model], str]] = {SWITCH: _switch, WORD: _single_word, OPTIONS: _command, SECTION: _section}


def extract(document: Document) -> tuple[Model, list[int]]:
    """The model of a file, and the lines that it does not hold: unknown, deprecated or unreadable ones, and those that others replace."""
    calls = read(document)
    last = effective(calls)
    model: Model = {}
    used = set()
    for call in calls:
        if call.command.repeat != "many" and last[call.command.name] is not call:
            continue
        if _take(model, call):
            used.add(call.line)
    dropped = [item.line for item in document.items if item.kind in (COMMAND, SCRIPT, LOST, REST) and (item.line not in used or item.kind in (LOST, REST))]
    return normal(model), dropped


def _take(model: Model, call: Call) -> bool:
    row = call.command
    taken = _READERS[row.shape](call) if row.key else None
    if taken is None:
        return False
    if row.many:
        model.setdefault(row.key, []).append(taken)
    else:
        model[row.key] = taken
    model.update({option.key: option.name in call.options for option in row.options if option.key})
    return True


def _take_word(call: Call) -> str | None:
    """None for what a model can't have: no word, or a password that is no hash."""
    row = call.command
    if row.argument is None:
        return call.value(row.options[0].name) or None
    text = call.argument.text if call.argument else ""
    if row.argument.hash and (good_hash(text) is not None or not all(option.name in call.options for option in row.options)):
        return None
    return text or None


def _take_section(call: Call) -> Model | None:
    """Not one that says nothing, or that is no text, at which the installer stops: with other bytes it would be another script."""
    try:
        body = call.item.body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return {**_values(call), "script": body} if body.strip() and "\x00" not in body else None


def _values(call: Call) -> Model:
    values: Model = {}
    if call.command.argument is not None and call.argument is not None:
        values[call.command.argument.name] = call.argument.text
    bare = {word.text for word in call.item.words}
    for name, text in call.options.items():
        values[call.command.by_name[name].field] = _value(call.command.by_name[name], text, name in bare)
    return values


def _value(option: Option, text: str | None, bare: bool) -> Any:
    if option.type == "flag":
        return True
    if option.type in LISTS:
        return [] if bare else [part.strip() for part in (text or "").split(",") if part.strip()]
    if option.type in _BOOLEANS:
        return (text or "").lower() in ("1", "true")
    number = (text or "").strip(BLANKS)
    if option.type in ("int", "vlan") and re.fullmatch(r"[0-9]{1,9}", number):
        return int(number)
    return text


_READERS: Mapping[str, Callable[[Call], Any]] = {SWITCH: lambda call: True, WORD: _take_word, OPTIONS: _values, SECTION: _take_section}
