# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From what the API, the network or the TLS library raises to one sentence with a code. Pure: it knows faults by their names."""

from __future__ import annotations

import re
import socket
import ssl
from http.client import HTTPException
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Gap

SESSION, LOGIN, UNREACHABLE, CERTIFICATE, DEADLINE = "session_expired", "login", "unreachable", "certificate", "deadline"
HOST_UNREACHABLE, CONCURRENT, NOT_FOUND, PERMISSION = "host_unreachable", "concurrent_access", "not_found", "permission"

# Name of the fault: code, and what it means and what to do.
_FAULTS: dict[str, tuple[str, str]] = {
    "InvalidLogin": (LOGIN, "the user name or password is wrong; check username and password"),
    "NotAuthenticated": (SESSION, "the session has ended on the server, also after a new login; find out there who ends sessions, and run the task again"),
    "NoPermission": (PERMISSION, "the user lacks a privilege; give the role of the user that privilege on the object"),
    "RestrictedVersion": ("license", "the license allows reading only, as that of a free ESXi does; assign another one"),
    "InvalidArgument": ("invalid_argument", "the server does not accept an argument"),
    "NotFound": (NOT_FOUND, "the object is not there any more; run the task again"),
    "ManagedObjectNotFound": (NOT_FOUND, "the object is not there any more; run the task again"),
    "AlreadyExists": ("exists", "an object of that name is there already; run the task again"),
    "DuplicateName": ("exists", "an object of that name is there already; run the task again"),
    "ResourceInUse": ("in_use", "it is in use; take away what uses it first"),
    "ConcurrentAccess": (CONCURRENT, "somebody else changed the object meanwhile; run the task again"),
    "NotSupported": ("unsupported", "the server does not support it"),
    "HostConfigFault": ("host_config", "the host refused the configuration"),
    "HostConfigFailed": ("host_config", "the host refused the configuration"),
    "PlatformConfigFault": ("host_config", "the host refused the configuration"),
    "InvalidState": ("state", "the object's state does not allow it now"),
    "InvalidHostState": ("state", "the host's state does not allow it now"),
    "TaskInProgress": ("busy", "another task runs on the object; run the task again later"),
    "Timedout": (DEADLINE, "the server gave up waiting"),
    "RequestCanceled": ("cancelled", "somebody cancelled it; run the task again"),
    "HostNotConnected": (HOST_UNREACHABLE, "the host is not connected to vCenter; connect it and run the task again"),
    "HostNotReachable": (HOST_UNREACHABLE, "vCenter can't reach the host; connect it and run the task again"),
    "HostCommunication": (HOST_UNREACHABLE, "vCenter can't reach the host; connect it and run the task again"),
    "NoHost": (HOST_UNREACHABLE, "vCenter can't reach the host; connect it and run the task again"),
    "HostConnectFault": (HOST_UNREACHABLE, "vCenter can't reach the host; connect it and run the task again"),
}
# Details of a fault that tell more than its name.
_DETAILS: dict[str, tuple[str, ...]] = {
    "NoPermission": ("privilegeId",),
    "InvalidArgument": ("invalidProperty",),
    "AlreadyExists": ("name",),
    "DuplicateName": ("name",),
    "ResourceInUse": ("name",),
}

# What vCenter says when it has handed a request on to a host and does not know what became of it.
_LOST = frozenset(("HostCommunication", "HostNotReachable", "NoHost", "HostConnectFault", "Timedout"))
# One of these is a HostCommunication too, and is said before anything is handed on.
_NOT_HANDED_ON = "HostNotConnected"

_NO_TUNNEL = re.compile(r"Tunnel connection failed: (\d+).*")


class NotSent(Exception):
    """There was no connection by which the request could have been sent; its cause is why."""


class ProxyFailed(Exception):
    """There was no way through a proxy: C(reason) is what was raised before it had made one to the server."""

    def __init__(self, proxy: str, server: str, reason: BaseException) -> None:
        super().__init__(proxy)
        self.proxy, self.server, self.reason = proxy, server, reason


class VsphereError(BackendError):
    """vSphere did not do what it was asked for. C(code) says why; C(fault) in the details is the API's own name, if it is the API's."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.code = code


class PendingError(VsphereError):
    """The server may have got the request and did not tell what became of it: what was asked for may still take effect."""


def pending(error: VsphereError) -> PendingError:
    """The same, said of a request that writes."""
    return PendingError(error.code, error.message, **error.details)


def name_of(error: BaseException) -> str:
    """C(vim.fault.InvalidLogin) is C(InvalidLogin)."""
    return type(error).__name__.rsplit(".", 1)[-1]


def translate(error: BaseException, what: str, server: str = "") -> VsphereError:
    """The error for what was raised while doing C(what), in words; C(server) is named where it is the server's."""
    if isinstance(error, VsphereError):
        return error
    if isinstance(error, NotSent):
        return translate(error.__cause__ or error, what, server)
    code_and_reason = _proxy(error) if isinstance(error, ProxyFailed) else _network(error, server)
    if code_and_reason is not None:
        return VsphereError(code_and_reason[0], f"{what}: {code_and_reason[1]}.")
    name = name_of(error)
    for each in _family(error):
        if each in _FAULTS:
            code, reason = _FAULTS[each]
            return VsphereError(code, f"{what}: {reason} ({_told(error, name)}).", fault=name)
    if hasattr(error, "faultCause") or hasattr(error, "msg"):
        return VsphereError("fault", f"{what}: the server refused it ({_told(error, name)}).", fault=name)
    return VsphereError("backend", f"{what}: the answer of {server or 'the server'} can't be read ({name}: {error}).")


def gap(fault: BaseException) -> Gap:
    """Why a property is missing. The texts of such faults are empty."""
    error = translate(fault, "")
    return Gap(error.code, error.message[len(": ") :].rstrip("."))


def is_open(error: BaseException) -> bool:
    """Whether a request that ended with C(error) may have been carried out, or be so later: the server got it and did not say no."""
    if isinstance(error, NotSent):
        return False
    if hasattr(error, "faultCause") or hasattr(error, "msg"):
        family = _family(error)
        return _NOT_HANDED_ON not in family and any(each in _LOST for each in family)
    return True


def _family(error: BaseException) -> list[str]:
    return [each.__name__.rsplit(".", 1)[-1] for each in type(error).__mro__]


def _told(error: BaseException, name: str) -> str:
    """The name of the fault with the server's own words, which it often leaves empty."""
    details = [str(getattr(error, "msg", "") or ""), *_reasons(error)]
    details += [f"{key} {value}" for key in _DETAILS.get(name, ()) for value in [getattr(error, key, None)] if isinstance(value, str) and value]
    told = [text.strip().rstrip(".") for text in details if text.strip()]
    return f"{name}: {'; '.join(dict.fromkeys(told))}" if told else name


def _reasons(error: BaseException) -> list[str]:
    messages = getattr(error, "faultMessage", None) or ()
    return [text for text in (getattr(each, "message", None) for each in messages) if text]


def _network(
    error: BaseException, server: str, options: tuple[str, str] = ("hostname", "port"), kind: str = "a vCenter or ESXi host"
) -> tuple[str, str] | None:
    """C(options) say where the server is, and C(kind) is what it is expected to be."""
    host, port = options
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or str(error)
        return CERTIFICATE, f"the certificate of {server} is not trusted: {why}; trust its authority, or set validate_certs: false to take any"
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or error
        return UNREACHABLE, f"{server} does not speak TLS as expected ({reason}); check {host} and {port}"
    if isinstance(error, socket.gaierror):
        return UNREACHABLE, f"{server} has no address ({error.strerror}); check {host}"
    if isinstance(error, (socket.timeout, TimeoutError)):
        return DEADLINE, f"{server} did not answer in time; check {host}, {port} and timeout"
    if isinstance(error, OSError) and not isinstance(error, HTTPException):
        return UNREACHABLE, f"{server} can't be reached ({error.strerror or error}); check {host} and {port}"
    if isinstance(error, HTTPException):
        return UNREACHABLE, f"{server} ended the connection ({type(error).__name__}: {error}); check that it is {kind} and runs"
    return None


def _proxy(failed: ProxyFailed) -> tuple[str, str] | None:
    """A proxy's own answer is in the error of http.client, as its text alone."""
    proxy, server, said = f"the proxy {failed.proxy}", failed.server, _NO_TUNNEL.match(str(failed.reason))
    if said is None:
        return _network(failed.reason, proxy, ("proxy_host", "proxy_port"), "an HTTP proxy")
    status, words = said.group(1), said.group(0).partition(": ")[2].strip()
    if status == "407":
        reason = "wants a user and a password of its own"
        return UNREACHABLE, f"{proxy} {reason} ({words}), which no option gives; let it admit this host without them, or name another one with proxy_host"
    if status in ("502", "503", "504"):
        return UNREACHABLE, f"{proxy} can't reach {server} ({words}); check hostname and port, and that the proxy gets there"
    return UNREACHABLE, f"{proxy} refuses to connect to {server} ({words}); let it allow CONNECT to that host and port, or name another one with proxy_host"
