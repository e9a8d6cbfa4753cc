# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Files of datastores, by the web server that vCenter and ESXi have for them (C(/folder)). It knows nothing of pyVmomi."""

from __future__ import annotations

import base64
import http.client
from typing import IO
from urllib.parse import quote, urlencode

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import LOGIN, NOT_FOUND, VsphereError, translate
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.login import Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.transport import connection as connection_to

_REFUSED: dict[int, tuple[str, str]] = {
    401: (LOGIN, "the user name or password is wrong; check username and password"),
    403: ("permission", "the user may not write files there; it needs the privilege Datastore.FileManagement"),
    404: (NOT_FOUND, "there is no such datastore or folder"),
    507: ("full", "the datastore is full; make room on it"),
}


def put(login: Login, datacenter: str, datastore: str, path: str, content: IO[bytes], size: int, what: str) -> None:
    """Write a file, in pieces; C(datacenter) is its path in the inventory. VsphereError in all that goes wrong."""
    address = f"/folder/{quote(path)}?{urlencode({'dcPath': datacenter, 'dsName': datastore})}"
    token = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Length": str(size), "Content-Type": "application/octet-stream"}
    connection: http.client.HTTPSConnection | None = None
    try:
        connection = connection_to(login)
        connection.request("PUT", address, body=content, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except Exception as error:  # pylint: disable=broad-except
        raise translate(error, what, login.way) from error
    finally:
        if connection is not None:
            connection.close()
    if answer.status not in (200, 201, 204):
        code, reason = _REFUSED.get(answer.status, ("backend", f"the server refused it ({answer.status} {answer.reason})"))
        raise VsphereError(code, f"{what}: {reason}.")
