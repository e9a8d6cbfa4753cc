# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""esxcli over the API, for what the typed API can't do. Works through vCenter too.

This part of the API is not documented: every host has a ManagedMethodExecuter that takes a command as text and answers in XML, as
VMware's own tools use it. pyVmomi had its types until 7.0.3; they are registered here with pyVmomi's public functions.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Mapping, Sequence, Union
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError, pending

CLI = "esxcli"
Argument = Union[str, bool, Sequence[str]]
_VERSION = "vim.version.version5"
_LOCK = threading.Lock()
_KNOWN = "vim.virtnet.Executer"


class EsxCli:
    """The commands of one host. C(host) is a HostSystem of the client's session."""

    def __init__(self, client: Client, host: Any, name: str) -> None:
        self._client, self._host, self._name = client, host, name
        self._executer: Any = None

    def run(self, command: str, what: str, **arguments: Argument) -> list[dict[str, list[str]]]:
        """Run C(software vib list) and such, which change nothing. Returns each object of the answer as its fields, each a list.

        VsphereError with the code C(esxcli) if the command fails, with its words.
        """
        return self._execute(self._client.call, command, what, arguments)

    def change(self, command: str, what: str, **arguments: Argument) -> list[dict[str, list[str]]]:
        """The same for a command that changes something: PendingError where what became of it is not known."""
        return self._execute(self._client.change, command, what, arguments)

    def _execute(self, call: Callable[..., Any], command: str, what: str, arguments: Mapping[str, Argument]) -> list[dict[str, list[str]]]:
        _register()
        what = f"{self._name}: {what}"
        if self._executer is None:
            self._executer = self._client.call(self._retrieve, what=what)
        if self._executer is None:
            raise VsphereError(CLI, f"{what}: the host does not tell who runs esxcli there; run the task again.")
        words = command.split()
        kind = dep.VmomiSupport.GetVmodlType("vim.virtnet.SoapArgument")
        given = [kind(name=name, val=_element(name, value)) for name, value in arguments.items() if value is not False]
        handler, method = f"ha-cli-handler-{'-'.join(words[:-1])}", f"vim.EsxCLI.{'.'.join(words)}"
        answer = call(self._executer.ExecuteSoap, handler, "urn:vim25/5.0", method, given, what=what)
        if answer is None:
            error = VsphereError(CLI, f"{what}: esxcli {command} gave no answer.")
            raise pending(error) if call == self._client.change else error
        if answer.fault is not None:
            raise VsphereError(CLI, f"{what}: esxcli {command} failed: {_words(answer.fault)}.")
        return objects(answer.response or "", what)

    def _retrieve(self) -> Any:
        """The method is of HostSystem, which pyVmomi's own type does not know."""
        method = dep.VmomiSupport.GetVmodlType("vim.virtnet.Host").RetrieveManagedMethodExecuter.info
        return self._host._stub.InvokeMethod(self._host, method, ())  # pylint: disable=protected-access


def _element(name: str, value: Argument) -> str:
    values = ["true"] if isinstance(value, bool) else [value] if isinstance(value, str) else value
    return "".join(f"<{name}>{escape(str(each))}</{name}>" for each in values)


def _words(fault: Any) -> str:
    try:
        texts = [each.text or "" for each in ElementTree.fromstring(fault.faultDetail or "").iter() if each.tag.rpartition("}")[2] == "errMsg"]
    except ElementTree.ParseError:
        texts = []
    text = " ".join(" ".join(texts).split()) or " ".join(str(fault.faultMsg or "it gave no reason").split())
    return text.rstrip(".")


def objects(text: str, what: str) -> list[dict[str, list[str]]]:
    """The objects of an answer: of a list each C(DataObject), else the one that it is."""
    if not text.strip():
        return []
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise VsphereError("backend", f"{what}: the answer of esxcli is no XML ({error}).") from error
    listed = [each for each in root if each.tag.rpartition("}")[2] == "DataObject"]
    return [_fields(each) for each in listed or ([root] if len(root) else [])]


def _fields(element: ElementTree.Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in element:
        if (each.text or "").strip():
            found.setdefault(each.tag.rpartition("}")[2], []).append(str(each.text).strip())
    return found


def first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The one value of a field, empty if there is none."""
    return next(iter(fields.get(name, ())), "")


def _register() -> None:
    """Tell pyVmomi the types, once in a process."""
    support = dep.VmomiSupport
    with _LOCK:
        try:
            support.GetVmodlType(_KNOWN)
            return
        except KeyError:
            pass
        optional = support.F_OPTIONAL
        for name, fields in (
            ("SoapArgument", [("name", "string", 0), ("val", "string", 0)]),
            ("SoapFault", [("faultMsg", "string", 0), ("faultDetail", "string", optional)]),
            ("SoapResult", [("response", "string", optional), ("fault", "vim.virtnet.SoapFault", optional)]),
        ):
            properties = [(field, kind, _VERSION, flags) for field, kind, flags in fields]
            support.CreateDataType(f"vim.virtnet.{name}", f"ReflectManagedMethodExecuter{name}", "vmodl.DynamicData", _VERSION, properties)
        texts = tuple((field, "string", _VERSION, 0, None) for field in ("moid", "version", "method"))
        arguments = (*texts, ("argument", "vim.virtnet.SoapArgument[]", _VERSION, optional, None))
        result = (optional, "vim.virtnet.SoapResult", "vim.virtnet.SoapResult")
        execute = ("executeSoap", "ExecuteSoap", _VERSION, arguments, result, None, None)
        support.CreateManagedType(_KNOWN, "ReflectManagedMethodExecuter", "vmodl.ManagedObject", _VERSION, [], [execute])
        # Hosts and vCenter name the type of the reference in one way or the other.
        support.CreateManagedType("vim.virtnet.PlainExecuter", "ManagedMethodExecuter", _KNOWN, _VERSION, [], [])
        retrieve = ("retrieveExecuter", "RetrieveManagedMethodExecuter", _VERSION, (), (optional, "vmodl.ManagedObject", "vmodl.ManagedObject"), None, None)
        support.CreateManagedType("vim.virtnet.Host", "VirtnetHost", "vmodl.ManagedObject", _VERSION, [], [retrieve])
