# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the server: whoever fails on it is named, and a name that is more than a name is told apart before there is a connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.login import Login

from tests.oracle.bundles import VibSpec, make_bundle

from .conftest import World
from .test_blind import CASES
from .test_faults import OPEN, ROOT

HERE = "127.0.0.1"
# The modules that have the options of the connection, each with a task.
MODULES = {case.module: case.params for case in CASES.values() if "BUNDLE" not in case.params.values()}


class Proxy:
    """An HTTP proxy for CONNECT. C(answer) is what it says instead of making a tunnel; with C(hangs_up) it says that there is one, and ends it."""

    def __init__(self, answer: bytes = b"", hangs_up: bool = False) -> None:
        self.asked: set[str] = set()
        self._answer, self._hangs_up = answer, hangs_up
        self._listener = socket.create_server((HERE, 0))
        self.port = self._listener.getsockname()[1]
        self.options: dict[str, Any] = {"proxy_host": HERE, "proxy_port": self.port}
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += client.recv(1)
        method, where = asked.decode().split()[:2]
        assert method == "CONNECT"
        self.asked.add(where)
        if self._answer or self._hangs_up:
            with client:
                client.sendall(self._answer or b"HTTP/1.1 200 OK\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
                # A socket that is closed with something unread in it resets the connection, which is another sentence.
                while client.recv(65536):
                    pass
            return
        host, port = where.rsplit(":", 1)
        with client, socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
            back.start()
            self._copy(client, server)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def nobody(listens: bool) -> Iterator[int]:
    """A port where nobody listens, or where connections are taken and nothing is said."""
    with socket.socket() as held:
        held.bind((HERE, 0))
        if listens:
            held.listen()
        yield held.getsockname()[1]


def test_through_a_proxy(world: World) -> None:
    """All calls go through its tunnels, and the certificate is that of the server."""
    with Proxy() as proxy:
        world.cycle("esxi_portgroup", **OPEN, **proxy.options)
        assert proxy.asked == {f"{HERE}:{world.connection['port']}"}


ANSWERS: dict[str, tuple[bytes, str]] = {
    "login": (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user and a password of its own (407 Proxy Authentication Required)"),
    "forbidden": (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refuses to connect to {server} (403 Forbidden)"),
    "no method": (b"HTTP/1.0 405 Method Not Allowed\r\n\r\n", "refuses to connect to {server} (405 Method Not Allowed)"),
    "unreachable": (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "can't reach {server} (502 Bad Gateway)"),
    "away": (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "can't reach {server} (503 Service Unavailable)"),
    "no proxy": (b"SSH-2.0-OpenSSH_9.2\r\n", "ended the connection (BadStatusLine: SSH-2.0-OpenSSH_9.2"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_proxy_that_makes_no_tunnel(world: World, name: str) -> None:
    """By its address and its own words; nobody is sent to look at the server."""
    answer, words = ANSWERS[name]
    with Proxy(answer) as proxy:
        server = f"{HERE}:{world.connection['port']}"
        told = f": the proxy {HERE}:{proxy.port} {words.format(server=server)}"
        result = world.refused("esxi_portgroup", "unreachable", told, **OPEN, **proxy.options)
    assert "check that it is a vCenter" not in result["msg"]


def test_a_proxy_that_is_not_there(world: World) -> None:
    """Nobody listens there, nobody answers there, and there is no such name."""
    with nobody(listens=False) as port:
        told = f"the proxy {HERE}:{port} can't be reached (Connection refused); check proxy_host and proxy_port"
        world.refused("esxi_portgroup", "unreachable", told, **OPEN, proxy_host=HERE, proxy_port=port)
    with nobody(listens=True) as port:
        told = f"the proxy {HERE}:{port} did not answer in time; check proxy_host, proxy_port and timeout"
        world.refused("esxi_portgroup", "deadline", told, **OPEN, proxy_host=HERE, proxy_port=port, timeout=1)
    told = "the proxy nowhere.invalid:3128 has no address"
    world.refused("esxi_portgroup", "unreachable", told, "check proxy_host", **OPEN, proxy_host="nowhere.invalid", proxy_port=3128)


def test_a_server_behind_a_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails when the tunnel is there names both: proxies say yes and find nobody, or put a certificate of their own in between."""
    with Proxy(hangs_up=True) as proxy:
        told = f"{HERE}:{world.connection['port']} through the proxy {HERE}:{proxy.port}"
        world.refused("esxi_portgroup", "unreachable", told, **OPEN, **proxy.options)
    monkeypatch.delenv("SSL_CERT_FILE")
    with Proxy() as proxy:
        told = f"the certificate of {HERE}:{world.connection['port']} through the proxy {HERE}:{proxy.port} is not trusted"
        world.refused("esxi_portgroup", "certificate", told, **OPEN, **proxy.options)


def test_files_go_through_it_too(world: World, tmp_path: Path) -> None:
    """The upload of a bundle, by connections that are not pyVmomi's."""
    bundle = str(make_bundle(tmp_path, [VibSpec(live=True, maintenance=False)], "Driver", "1.0-1", ("8.*",)))
    given = {"esxi_hostname": CASES["software"].params["esxi_hostname"], "bundle": bundle, "datastore": "datastore1", "maintenance_mode": True}
    with Proxy() as proxy:
        assert world.ok("esxi_software", False, **given, **proxy.options)["changed"]


# Each as a value of hostname, with what is said of it.
NAMES: dict[str, tuple[str, str]] = {
    "https://vc.lab.example/sdk": ("it is a URL; ", "{option}: vc.lab.example."),
    "https://vc.lab.example:9443/ui/": ("it is a URL; ", "{option}: vc.lab.example, and {port}: 9443."),
    "vc.lab.example/sdk": ("it has a path in it; ", "{option}: vc.lab.example."),
    "vc.lab.example:443": ("it has a port in it; ", "{option}: vc.lab.example, and {port}: 443."),
    "[2001:db8::7]:443": ("it has a port in it; ", "{option}: [2001:db8::7], and {port}: 443."),
    " vc.lab.example": ("it is no name; ", "{option}: vc.lab.example."),
    "https://root:s3cret@vc.lab.example/sdk": ("it has a user in it; ", "{option}: host.example.com."),
    "https://root:s/cr3t@vc.lab.example": ("it has a user in it; ", "{option}: host.example.com."),
    "//": ("it has a path in it; ", "{option}: host.example.com."),
}


def test_all_modules_are_here() -> None:
    """Whichever has the options of the connection."""
    sources = (ROOT / "plugins" / "modules").glob("*.py")
    assert {path.stem for path in sources if "virtnet.hardening._vsphere\n" in path.read_text()} == set(MODULES)


@pytest.mark.own_code
@pytest.mark.parametrize("module", MODULES)
def test_a_name_that_is_more_than_a_name(world: World, module: str) -> None:
    """Refused in one sentence that says what to give, before there is a connection, in check mode too; a password in it is not shown."""
    for value, (what, give) in NAMES.items():
        for option, port in (("hostname", "port"), ("proxy_host", "proxy_port")):
            results = [world.run(module, check, **{**MODULES[module], option: value}) for check in (True, False)]
            for result in results:
                assert result["error_code"] == "invalid", (value, result)
                assert result["msg"].startswith(f"{option}: {what}") and result["msg"].endswith(give.format(option=option, port=port)), result["msg"]
                assert "cr3t" not in result["msg"]
    assert world.control("GET", "calls")["methods"].get("RetrieveServiceContent", 0) == 0


@pytest.mark.parametrize(
    "value", [HERE, "::1", "[::1]", "fe80::1%eth0", "2001:db8::7", "::ffff:192.0.2.1", "vc", "vc.lab.example", "vc_1.lab.example.", "b\u00fccher.example"]
)
def test_names_and_addresses(value: str) -> None:
    """As they are."""
    params = {**dict.fromkeys(Login._fields), "hostname": value, "username": "u", "password": "p", "port": 443, "timeout": 1}
    assert Login.of(params).hostname == value
