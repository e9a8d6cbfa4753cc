# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for tasks on files: reads, compares, writes at once or not at all, and hides what is secret."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import replace
from typing import IO, Any, Callable, Dict, Iterator, List, Mapping, NoReturn, Optional

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible_module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import MAX_BYTES, Files, NewFile, Outcome
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import at_once
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError

PRIVATE_MODE = "0600"


class Disk(Files):
    """The files of the host."""

    def read(self, path: str) -> Optional[bytes]:
        """The content, None without such a file; InputError for what is no file, too large or not readable."""
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

    def names(self, path: str) -> Optional[List[str]]:
        """What is in a folder."""
        try:
            return os.listdir(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}; give a folder that {_user()} may read.") from error


def run_on_files(spec: Dict[str, Any], work: Callable[[Mapping[str, Any], Files], Outcome], **rules: Any) -> NoReturn:
    """The whole of a module that writes files."""
    module = Module(argument_spec=spec, add_file_common_args=True, supports_check_mode=True, **rules)
    hide_given(module)
    try:
        outcome = work(module.params, Disk())
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


def answer_on_files(spec: Dict[str, Any], work: Callable[[Mapping[str, Any], Callable[[str], IO[bytes]]], Dict[str, Any]]) -> NoReturn:
    """The whole of a module that only reads files."""
    module = Module(argument_spec=spec, supports_check_mode=True)
    try:
        result = work(module.params, Disk().open)
    except VirtnetError as error:
        module.fail_json(msg=error.message, error_code=error.code, **error.details)
    module.exit_json(changed=False, **result)


def hide_secrets(module: AnsibleModule, secrets: List[str]) -> None:
    """From whatever Ansible shows."""
    # A short one would black out unrelated text, and where it stands it is hidden already.
    module.no_log_values.update(each for each in secrets if len(each) >= 6)


def hide_given(module: AnsibleModule) -> None:
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
    return replace(file, path=os.path.realpath(file.path)) if os.path.islink(file.path) else file


def _check_place(module: AnsibleModule, file: NewFile) -> None:
    folder = os.path.dirname(file.path) or "."
    if not os.path.isdir(folder):
        raise InputError(f"path: the folder {folder} of {file.path} is missing; make it first.")
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


def _write_all(module: AnsibleModule, outcome: Outcome) -> Dict[str, Any]:
    diffs, backups, changed = [], [], False
    for file in outcome.files:
        old = Disk().read(file.path)
        differs = old != file.data
        if differs and not module.check_mode:
            backups += [_backup(module, file)] if module.params.get("backup") and old is not None else []
            _write(module, file)
        diff = _headers(file.path)
        if differs:
            diff.update(before=file.shown_before, after=file.shown_after)
        arguments = module.load_file_common_arguments(module.params, path=file.path)
        if file.private and arguments["mode"] is None:
            arguments["mode"] = PRIVATE_MODE
        # Of its own, as it holds names and values where that of a file holds texts.
        attributes: Dict[str, Any] = {}
        moved = module.set_fs_attributes_if_different(arguments, differs, attributes)
        changed = changed or moved
        diffs += [diff, {**_headers(f"{file.path} (attributes)"), **attributes}] if attributes else [diff]
    result = {"changed": changed, **outcome.result, "msg": _summary(outcome, changed, module.check_mode)}
    if module._diff:
        result["diff"] = diffs
    if backups:
        result["backup_file"] = backups[0] if len(backups) == 1 else backups
    return result


def _headers(path: str) -> Dict[str, str]:
    return {"before_header": path, "after_header": path}


def _write(module: AnsibleModule, file: NewFile) -> None:
    """At once or not at all, and never readable by others for a moment if it holds a secret."""
    mask = os.umask(0o077) if file.private else None
    try:
        if file.private and os.path.exists(file.path):
            os.chmod(file.path, 0o600)
        handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "wb") as stream:
            stream.write(file.data)
        module.atomic_move(temporary, file.path, unsafe_writes=bool(module.params.get("unsafe_writes")))
    except OSError as error:
        raise InputError(f"{file.path} can't be written: {error.strerror}; give a path that {_user()} may write.") from error
    finally:
        if mask is not None:
            os.umask(mask)


def _backup(module: AnsibleModule, file: NewFile) -> str:
    name: str = module.backup_local(file.path)
    if file.private:
        os.chmod(name, 0o600)
    return name


def _summary(outcome: Outcome, changed: bool, check_mode: bool) -> str:
    count = len(outcome.result.get("findings", ()))
    found = f" {count} finding{'s' if count > 1 else ''}." if count else ""
    if not outcome.files:
        return f"Checked.{found}"
    if not changed:
        return f"Nothing to do: all that is asked for is already so.{found}"
    return f"{', '.join(file.path for file in outcome.files)} {'would be' if check_mode else ''} written.".replace("  ", " ") + found


def _user() -> str:
    return f"user {os.geteuid()}"
