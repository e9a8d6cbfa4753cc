# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The control node's part of a change to the management path: confirm over a new connection, or let it revert."""

from __future__ import annotations

import json
import shlex
import time
import typing as t
import uuid

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

# Must be kept in sync with plugins/module_utils/_linux/store.py.
DIRECTORY = "/run/virtnet-hardening"
_PRIVATE = "_rollback_id"
_DEFAULT_TIMEOUT = 60
_PAUSE = 1.0
# After the target gave up it needs a moment to revert; then it can say what it did.
_GRACE = 30.0
# So often within that time a host that is cut off is asked whether it is there (ssh_config(5)).
_SIGNS_OF_LIFE = 3
# How long the target may take to say a word, before it is taken for one that never got as far as arming.
_SILENCE = 10.0


class ConfirmingAction(ActionBase):
    """Runs the module of its own name; where that armed a rollback, proves that the host can still be reached."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """See ActionBase."""
        result = super().run(tmp, task_vars)
        args = dict(self._task.args)
        if _PRIVATE in args:
            raise AnsibleActionFail(f"{_PRIVATE} is not an option; leave it out.")
        if self._task.check_mode or not boolean(args.get("allow_management", False), strict=False):
            result.update(self._execute_module(module_args=args, task_vars=task_vars, wrap_async=self._task.async_val))
            return result
        if self._task.async_val:
            raise AnsibleActionFail("allow_management: true can't be combined with async, as the change must be confirmed at once; leave async out.")
        result.update(self._run_guarded(args, task_vars))
        return result

    def _run_guarded(self, args: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        rollback_id = uuid.uuid4().hex
        timeout = int(args.get("rollback_timeout") or _DEFAULT_TIMEOUT)
        self._listen_for_silence(timeout)
        deadline = time.monotonic() + timeout + _GRACE
        try:
            outcome = self._execute_module(module_args={**args, _PRIVATE: rollback_id}, task_vars=task_vars)
        except AnsibleConnectionFailure as error:
            # Cut in the middle: what the module did will show once the host answers again.
            outcome = {"changed": True, "rollback": {"id": rollback_id}, "connection_error": str(error)}
        if "rollback" not in outcome:
            return outcome
        # A change that fails after it was armed goes back by itself as well.
        if outcome.get("failed"):
            return outcome
        return self._confirm(outcome, rollback_id, timeout, deadline)

    def _confirm(self, outcome: dict[str, t.Any], rollback_id: str, timeout: int, deadline: float) -> dict[str, t.Any]:
        base = f"{DIRECTORY}/{rollback_id}"
        silent = 0.0
        while time.monotonic() < deadline:
            try:
                self._new_connection()
                # mv is rename(2): either this or the target's watchdog gets the file, never both.
                if self._shell(f"mv {shlex.quote(base + '.pending')} {shlex.quote(base + '.confirmed')}")[0] == 0:
                    return {**outcome, "rollback": {**outcome["rollback"], "confirmed": True}}
                reverted = self._reverted(base)
                silent = silent or time.monotonic()
                if reverted is None and not self._is_reverting(base) and time.monotonic() > silent + _SILENCE:
                    reverted = {"undone": [], "not_undone": ["no journal was found on the host; compare its state with a check run"]}
                if reverted is not None:
                    return _rolled_back(outcome, timeout, reverted)
            except (AnsibleConnectionFailure, AnsibleError, OSError) as error:
                last_error: str = str(error)
                self._display.vvv(f"not reachable after a change to the management path: {last_error}")
            time.sleep(_PAUSE)
        return {
            "failed": True,
            "unreachable": True,
            "msg": f"The host did not answer within {timeout} s of a change to its management path, nor after it had time to revert; look at its console.",
            "error_code": "rolled_back",
        }

    def _reverted(self, base: str) -> dict[str, t.Any] | None:
        """What the target says that it undid; None while it does not."""
        code, text = self._shell(f"cat {shlex.quote(base + '.reverted')}")
        if code != 0:
            return None
        self._shell(f"rm -f {shlex.quote(base + '.reverted')}")
        # Over a terminal, what sudo has to say of the host's name or of its limits stands before it.
        return t.cast("dict[str, t.Any]", json.loads(next(line for line in text.splitlines() if line.startswith("{"))))

    def _is_reverting(self, base: str) -> bool:
        return self._shell(f"test -e {shlex.quote(base + '.reverting')}")[0] == 0

    def _listen_for_silence(self, timeout: int) -> None:
        """A client of SSH that only waits for the module's end never learns that the host was restarted. What the user has set himself counts."""
        if getattr(self._connection, "transport", "") != "ssh":
            return
        # Of a connection that is shared only the first client's options count.
        self._new_connection()
        given = self._connection.get_option("ssh_extra_args") or ""
        every = max(1, timeout // _SIGNS_OF_LIFE)
        alive = f"-o ServerAliveInterval={every} -o ServerAliveCountMax={_SIGNS_OF_LIFE}"
        self._connection.set_option("ssh_extra_args", f"{given} {alive}".strip())

    def _new_connection(self) -> None:
        """A confirmation over the old connection would prove nothing about new ones."""
        self._connection.close()
        reset = getattr(self._connection, "reset", None)
        if reset is not None:
            reset()

    def _shell(self, command: str) -> tuple[int, str]:
        answer = self._low_level_execute_command(command, sudoable=True)
        if answer["rc"] == 255:
            raise AnsibleConnectionFailure(answer.get("stderr") or answer.get("stdout") or "connection failed")
        return answer["rc"], answer["stdout"]


def _rolled_back(outcome: dict[str, t.Any], timeout: int, report: dict[str, t.Any]) -> dict[str, t.Any]:
    clean = not report["not_undone"]
    end = "the host is as it was before" if clean else "not undone: " + "; ".join(report["not_undone"])
    return {
        "failed": True,
        "changed": not clean,
        "msg": f"The change was not confirmed over a new connection within {timeout} s, so the host reverted it; {end}.",
        "error_code": "rolled_back",
        "actions": outcome.get("actions", []),
        "undone": report["undone"],
        "not_undone": report["not_undone"],
    }
