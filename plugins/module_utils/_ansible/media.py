# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for media: plans, writes unless checked, and hides what is secret."""

from __future__ import annotations

import os
from typing import Any, NoReturn, Union

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import PRIVATE_MODE, Disk, FileModule, hide_given, hide_secrets, refuse_open_mode
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.plan import plan
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import ISO
from ansible_collections.virtnet.hardening.plugins.module_utils._media import iso_job, tree_job, xorriso
from ansible_collections.virtnet.hardening.plugins.module_utils._media.bundle import check_bundle
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import MediaError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.place import check_users
from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import open_source
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import VirtnetError

Job = Union[iso_job.IsoJob, tree_job.TreeJob]


def run_on_media() -> NoReturn:
    """The whole of esxi_install_media."""
    module = FileModule(argument_spec=media_spec.spec(), add_file_common_args=True, supports_check_mode=True, mutually_exclusive=media_spec.EXCLUSIVE)
    hide_given(module)
    try:
        job = _job(module)
        _write(module, job)
    except VirtnetError as error:
        details = dict(error.details)
        hide_secrets(module, details.pop("_secrets", []))
        module.fail_json(msg=error.message, error_code=error.code, **details)
    except OSError as error:
        # A disk that is full or that only just became read-only, where nobody expected it.
        place = error.filename or module.params["dest"]
        module.fail_json(msg=f"dest: {place} can't be read or written: {error.strerror}. Mend that and run again.", error_code=MediaError.code)
    for text in [*job.medium.warnings, *job.warnings]:
        module.warn(text)
    module.exit_json(**_result(module, job))


def _job(module: FileModule) -> Job:
    params = module.params
    media_spec.check(params)
    kind = iso_job if params["format"] == ISO else tree_job
    check_users(params.get("owner"), params.get("group"))
    kind.check_place(params["dest"], params["src"], params.get("owner"))
    if params["format"] == ISO:
        xorriso.find()
    for path in params["drivers"]:
        check_bundle(path)
    record, digests = kind.open_record(params["dest"])
    source = open_source(params["src"], digests)
    medium = plan(params, source, Disk())
    hide_secrets(module, medium.secrets)
    job: Job
    if params["format"] == ISO:
        job = iso_job.IsoJob(medium, source, params["dest"], record)
    else:
        job = tree_job.TreeJob(medium, source, params["dest"], record, params.get("owner"))
    for path, private in job.paths:
        refuse_open_mode(params.get("mode") if params["format"] == ISO else None, path, private)
    for driver in medium.result["drivers"]:
        driver["sha256"] = digests.of_file(driver["src"])
    return job


def _write(module: FileModule, job: Job) -> None:
    diffs = job.diff()
    moved = False
    if job.changed:
        job.check_room()
    if not module.check_mode:
        if job.changed:
            progress = Progress(module.params["dest"], module.params.get("log_path"))
            progress.watch()
            try:
                progress.say("started")
                job.write(progress)
            except VirtnetError as error:
                progress.say(f"failed: {error.message}")
                raise
            finally:
                progress.close()
        else:
            job.remember()
    for path, private in job.paths:
        moved = _attributes(module, path, private, diffs) or moved
    job.result.update(changed=job.changed or moved)
    if module._diff:
        job.result["diff"] = diffs
    # chown and chmod move the time of change, by which the next run knows its files.
    if moved and not module.check_mode:
        job.remember()


def _attributes(module: FileModule, path: str, private: bool, diffs: list[dict[str, Any]]) -> bool:
    if module.check_mode and not os.path.lexists(path):
        return False
    arguments = module.load_file_common_arguments(module.params, path=path)
    if private and (arguments["mode"] is None or module.params["format"] != ISO):
        arguments["mode"] = PRIVATE_MODE
    diff: dict[str, Any] = {}
    moved: bool = module.set_fs_attributes_if_different(arguments, False, diff)
    if moved:
        diffs.append({"before_header": path, "after_header": path, **diff})
    return moved


def _result(module: FileModule, job: Job) -> dict[str, Any]:
    result = {**job.medium.result, **job.result}
    result.pop("private", None)
    result["msg"] = "Nothing to do: all that is asked for is already so."
    if result["changed"]:
        result["msg"] = f"{module.params['dest']} {'would be ' if module.check_mode else ''}written."
    return result
