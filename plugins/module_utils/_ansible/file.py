# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for tasks on files: reads, compares, writes at once or not at all, and hides what is secret."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from typing import IO, Any, Callable, Iterator, Mapping, NoReturn

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide, secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import MAX_BYTES, Files, NewFile, TaskResult
from ansible_collections.virtnet.hardening.plugins.module_utils._media import place
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import at_once
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError

PRIVATE_MODE = "0600"
# As Ansible shows what no_log hides.
_NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class FileModule(Module):
    """A module that shows no secret of its options, whatever ends it, an option that is refused included, and in the system's log neither.

    no_log alone would let through what stands in texts of which only a part is secret, and in the system's log whatever has more than one line.
    """

    def quiet_params(self) -> dict[str, Any]:
        """The options as people may see them."""
        shown: dict[str, Any] = _quiet(self.params, self.argument_spec)
        return shown

    def log(self, msg: str, log_args: dict[str, Any] | None = None) -> None:
        """To the system's log."""
        if log_args:
            log_args = {name: str(value) for name, value in self.quiet_params().items()}
            msg = "Invoked with " + " ".join(f"{name}={value}" for name, value in log_args.items())
        super().log(msg, log_args=log_args)

    def exit_json(self, **kwargs: Any) -> NoReturn:
        """The answer."""
        self._hide(kwargs)
        super().exit_json(**kwargs)

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """Why it failed."""
        self._hide(kwargs)
        super().fail_json(msg, **kwargs)

    def _hide(self, kwargs: dict[str, Any]) -> None:
        kwargs.setdefault("invocation", {"module_args": self.quiet_params()})
        # Whole scripts are only hidden among the options: of what is written, people are to see what changes.
        self.no_log_values.difference_update(_scripts(self.params, self.argument_spec))
        hide_given(self)


def _quiet(value: Any, spec: Mapping[str, Any]) -> Any:
    """What no_log is said of is not shown, nor what there is no such option for, a misspelt one perhaps; and of texts what looks like a secret is not."""
    if isinstance(value, Mapping):
        known = {alias: option for option in spec.values() for alias in option.get("aliases") or ()}
        return {name: _quiet_option(name, each, spec.get(name) or known.get(name) or {"no_log": bool(spec)}) for name, each in value.items()}
    if isinstance(value, list):
        return [_quiet(each, spec) for each in value]
    return hide(value) if isinstance(value, str) else value


def _quiet_option(name: str, value: Any, option: Mapping[str, Any]) -> Any:
    named = isinstance(value, str) and any(start <= len(name) + 1 for start, _end in secret_spans(f"{name}={value}"))
    return _NOT_SHOWN if value and (option.get("no_log") or named) else _quiet(value, option.get("options") or {})


def _scripts(value: Any, spec: Mapping[str, Any]) -> Iterator[str]:
    """The texts of more than a password that no_log is said of."""
    for each in value if isinstance(value, list) else [value]:
        for name, inner in each.items() if isinstance(each, Mapping) else ():
            option = spec.get(name) or {}
            if option.get("no_log") and name in _SCRIPT_OPTIONS:
                yield from (inner,) if isinstance(inner, str) else ()
            else:
                yield from _scripts(inner, option.get("options") or {})


_SCRIPT_OPTIONS = ("script",)


class Disk(Files):
    """The files of the host. C(written) is what is to be written: a file, or the folder of some."""

    def __init__(self, written: str = "") -> None:
        self.written = written.rstrip("/")

    def _real(self, path: str) -> str:
        """Not what is behind another user's link, whose content would be shown as what was there before."""
        mine = self.written and (path.rstrip("/") == self.written or path.startswith(f"{self.written}/"))
        return place.resolve("path", path) if mine else path

    def read(self, path: str) -> bytes | None:
        """The content, None without such a file; InputError for what is no file, too large or not readable."""
        path = self._real(path)
        try:
            with open(path, "rb", opener=at_once) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise InputError(f"{path} is no regular file; give the path of one.")
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}; give the path of a file that {_user()} may read.") from error
        if len(data) > MAX_BYTES:
            raise InputError(f"{path} has more than {MAX_BYTES} bytes, which no file of the installer has; give the right one.")
        return data

    def open(self, path: str) -> IO[bytes]:
        """A file of any size; InputError for what is no file or not readable."""
        try:
            file = open(path, "rb", opener=at_once)  # noqa: SIM115 the caller closes it
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}; give the path of a file that {_user()} may read.") from error
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise InputError(f"{path} is no regular file; give the path of one.")
        return file

    def names(self, path: str) -> list[str] | None:
        """What is in a folder."""
        path = self._real(path)
        try:
            return os.listdir(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}; give a folder that {_user()} may read.") from error


def run_on_files(spec: dict[str, Any], work: Callable[[Mapping[str, Any], Files], TaskResult], **rules: Any) -> NoReturn:
    """The whole of a module that writes files."""
    module = FileModule(argument_spec=spec, add_file_common_args=True, supports_check_mode=True, **rules)
    hide_given(module)
    try:
        outcome = work(module.params, Disk(module.params.get("path") or ""))
        hide_secrets(module, outcome.secrets)
        outcome.files = [_behind_links(file) for file in outcome.files]
        for file in outcome.files:
            _check_place(module, file)
        result = _write_all(module, outcome)
    except VirtnetError as error:
        details = dict(error.details)
        hide_secrets(module, details.pop("_secrets", []))
        module.fail_json(msg=error.message, error_code=error.code, **details)
    for text in outcome.warnings:
        module.warn(text)
    module.exit_json(**result)


def answer_on_files(spec: dict[str, Any], work: Callable[[Mapping[str, Any], Callable[[str], IO[bytes]]], dict[str, Any]]) -> NoReturn:
    """The whole of a module that only reads files."""
    module = FileModule(argument_spec=spec, supports_check_mode=True)
    try:
        result = work(module.params, Disk().open)
    except VirtnetError as error:
        module.fail_json(msg=error.message, error_code=error.code, **error.details)
    module.exit_json(changed=False, **result)


def hide_secrets(module: Module, secrets: list[str]) -> None:
    """From whatever Ansible shows."""
    # A short one would black out unrelated text, and where it stands it is hidden already.
    module.no_log_values.update(each for each in secrets if len(each) >= 6)


def hide_given(module: Module) -> None:
    """What looks like a secret in the options, before anything can fail: Ansible shows all options then."""
    found = [text[start:end].strip("'\"") for text in _texts(module.params) for start, end in secret_spans(text)]
    hide_secrets(module, [each for each in found if not each.isalpha()])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _behind_links(file: NewFile) -> NewFile:
    """What a link leads to is written, and the link stays: else its mode would be taken for that of the file, and never be 0600."""
    real = place.resolve("path", file.path)
    return replace(file, path=real) if os.path.islink(file.path) else file


def _check_place(module: Module, file: NewFile) -> None:
    folder = os.path.dirname(file.path) or "."
    if not os.path.isdir(folder):
        raise InputError(f"path: the folder {folder} of {file.path} is missing; make it first.")
    place.check_owner("path", file.path, module.params.get("owner"))
    place.check_users(module.params.get("owner"), module.params.get("group"))
    refuse_open_mode(module.params.get("mode"), file.path, file.private)


def refuse_open_mode(mode: Any, path: str, private: bool) -> None:
    """InputError if a file that holds a secret would be readable by others."""
    if not private or mode is None:
        return
    try:
        bits = mode if isinstance(mode, int) else int(str(mode), 8)
    except ValueError:
        raise InputError(f"mode: {mode!r} is not octal; {path} holds a secret, give 0600 or 0400.") from None
    if bits & 0o077:
        raise InputError(f"mode: {bits:04o} lets others read {path}, which holds a secret; give 0600 or 0400, and owner for who is to read it.")


def _write_all(module: Module, outcome: TaskResult) -> dict[str, Any]:
    diffs: list[dict[str, Any]] = []
    backups: list[str] = []
    changed = False
    for file in outcome.files:
        old = Disk().read(file.path)
        differs = old != file.data
        if differs and not module.check_mode:
            backups += [_backup(file, old)] if module.params.get("backup") and old is not None else []
            _write(module, file)
        diff = _headers(file.path)
        if differs:
            diff.update(before=file.shown_before, after=file.shown_after)
        arguments = module.load_file_common_arguments(module.params, path=file.path)
        if file.private and arguments["mode"] is None:
            arguments["mode"] = PRIVATE_MODE
        # Of its own, as it holds names and values where that of a file holds texts.
        attributes: dict[str, Any] = {}
        moved = module.set_fs_attributes_if_different(arguments, differs, attributes)
        changed = changed or moved
        diffs += [diff, {**_headers(f"{file.path} (attributes)"), **attributes}] if attributes else [diff]
    result = {"changed": changed, **outcome.result, "msg": _summary(outcome, changed, module.check_mode)}
    if module._diff:
        result["diff"] = diffs
    if backups:
        result["backup_file"] = backups[0] if len(backups) == 1 else backups
    return result


def _headers(path: str) -> dict[str, str]:
    return {"before_header": path, "after_header": path}


def _write(module: Module, file: NewFile) -> None:
    """At once or not at all, and never readable by others for a moment if it holds a secret."""

    def ready(temporary: str) -> None:
        if module.selinux_enabled():
            there = os.path.lexists(file.path)
            context = module.selinux_context(file.path) if there else module.selinux_default_context(file.path)
            module.set_context_if_different(temporary, context, False)

    try:
        place.write(file.path, file.data, file.private, ready, bool(module.params.get("unsafe_writes")))
    except OSError as error:
        raise InputError(f"{file.path} can't be written: {error.strerror}; give a path that {_user()} may write.") from error


def _backup(file: NewFile, old: bytes) -> str:
    """Named as Ansible's own."""
    name = f"{file.path}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S~', time.localtime())}"
    try:
        place.copy(name, file.path, old, file.private)
    except OSError as error:
        raise InputError(f"backup: {name} can't be written: {error.strerror}; nothing was changed.") from error
    return name


def _summary(outcome: TaskResult, changed: bool, check_mode: bool) -> str:
    count = len(outcome.result.get("findings", ()))
    found = f" {count} finding{'s' if count > 1 else ''}." if count else ""
    if not outcome.files:
        return f"Checked.{found}"
    if not changed:
        return f"Nothing to do: all that is asked for is already so.{found}"
    return f"{', '.join(file.path for file in outcome.files)} {'would be' if check_mode else ''} written.".replace("  ", " ") + found


def _user() -> str:
    return f"user {os.geteuid()}"
