# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two views of a vSphere API that nobody here wrote: govc reads, hand-made SOAP messages write what govc can't.

The messages have the elements of the WSDL, in its order; values are as the API's documentation says, nothing is added.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent.parent
GOVC = ROOT / ".cache" / "vsphere" / "govc"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


class Fault(Exception):
    """The API refused a call, or a task failed."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


def render(name: str, value: Any) -> str:
    """One element. A dictionary has elements, and its type under "@type"; a list is the element repeated; a pair is a reference; None is left out."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f'<{name} type="{value[0]}">{escape(value[1])}</{name}>'
    if isinstance(value, list):
        return "".join(render(name, each) for each in value)
    if isinstance(value, dict):
        kind = f' xsi:type="{value["@type"]}"' if "@type" in value else ""
        return f"<{name}{kind}>{''.join(render(key, each) for key, each in value.items() if key != '@type')}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


class Client:
    """A user of one server; the folder is that of 'lab.py --state FOLDER vsphere'."""

    def __init__(self, folder: Path) -> None:
        self.data: dict[str, Any] = json.loads((folder / "vsphere" / "server.json").read_text(encoding="utf-8"))
        self.cookie: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For govc; nothing of the caller's own environment decides which server it talks to."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOVC_", "VMWARE_"))}
        return {
            **clean,
            "GOVC_URL": self.data["url"],
            "GOVC_USERNAME": self.data["user"],
            "GOVC_PASSWORD": self.data["password"],
            "GOVC_TLS_CA_CERTS": self.data["ca"],
            "GOVC_PERSIST_SESSION": "false",
        }

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run govc with other settings than the right ones, maybe."""
        return subprocess.run([str(GOVC), *words], env={**self.environment, **settings}, capture_output=True, text=True, check=False, timeout=60)

    def govc(self, *words: str) -> str:
        """What govc prints."""
        done = self.run(*words)
        assert done.returncode == 0, f"govc {' '.join(words)}: {done.stderr}"
        return done.stdout

    def refused(self, *words: str) -> str:
        """What govc says when it fails, as it must."""
        return self.refused_with(*words)

    def refused_with(self, *words: str, **settings: str) -> str:
        """The same with other settings."""
        done = self.run(*words, **settings)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def collect(self, path: str, *names: str) -> Any:
        """A property, or a list of them, of an object given by its inventory path or by TYPE:VALUE."""
        found = {each["name"]: _plain(each.get("val")) for each in json.loads(self.govc("object.collect", "-json", path, *names))}
        return found.get(names[0]) if len(names) == 1 else [found.get(name) for name in names]

    def soap(self, method: str, this: tuple[str, str], seconds: float = 60, **arguments: Any) -> ElementTree.Element:
        """Call a method; returns the response element. So many seconds are waited for it."""
        return self.raw(method, this, "".join(render(name, value) for name, value in arguments.items()), seconds)

    def raw(self, method: str, this: tuple[str, str], arguments: str, seconds: float = 60) -> ElementTree.Element:
        """Call a method with arguments in XML."""
        if self.cookie is None and method not in ("Login", "RetrieveServiceContent"):
            self.login(self.data["password"])
        body = _ENVELOPE.format(f'<{method} xmlns="urn:vim25"><_this type="{this[0]}">{this[1]}</_this>{arguments}</{method}>').encode()
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25/8.0.3.0"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        request = urllib.request.Request(self.data["url"], data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.data["ca"]), timeout=seconds) as answer:
                self.cookie = answer.headers.get("Set-Cookie", self.cookie)
                return next(iter(next(iter(ElementTree.fromstring(answer.read())))))
        except urllib.error.HTTPError as error:
            raise _fault(error.read()) from None

    def login(self, password: str) -> None:
        """Start a session; the cookie is kept."""
        content = self.raw("RetrieveServiceContent", ("ServiceInstance", "ServiceInstance"), "")
        manager = parts(content)["returnval"]["sessionManager"]
        self.soap("Login", ("SessionManager", manager), userName=self.data["user"], password=password)

    def task(self, method: str, this: tuple[str, str], **arguments: Any) -> None:
        """Call a method that makes a task, and wait for its end with govc."""
        answer = self.soap(method, this, **arguments)
        name = next(iter(answer)).text
        state = ""
        while state not in ("success", "error"):
            state = self.collect(f"Task:{name}", "info.state")
        if state == "error":
            # Only in XML does govc say what type a fault has.
            update = ElementTree.fromstring(self.govc("object.collect", "-xml", f"Task:{name}", "info.error"))
            fault = update.find(".//fault")
            assert fault is not None
            raise Fault(fault.get(_TYPE, "?"), " ".join(each.text or "" for each in fault.iter() if each.text))

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The simulator's own channel, which is no part of the API."""
        request = urllib.request.Request(
            urlsplit(self.data["url"])._replace(path=f"/lab/{path.partition('?')[0]}", query=path.partition("?")[2]).geturl(),
            data=json.dumps(body or {}).encode() if method == "POST" else None,
            method=method,
        )
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{self.data['user']}:{self.data['password']}".encode()).decode())
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.data["ca"]), timeout=60) as answer:
            return json.load(answer)


def _plain(value: Any) -> Any:
    """govc wraps lists, and says the type of a value whose declared type is more general."""
    return value["_value"] if isinstance(value, dict) and "_value" in value else value


def _fault(content: bytes) -> Fault:
    root = ElementTree.fromstring(content)
    text = root.findtext(".//faultstring") or ""
    detail = root.find(".//detail")
    name = next(iter(detail)).get(_TYPE, "?") if detail is not None and len(detail) else "?"
    return Fault(name, text)


def parts(element: ElementTree.Element) -> Any:
    """An element of a response as plain data, namespaces removed."""
    children: list[ElementTree.Element] = list(element)
    if not children:
        return element.text
    found: dict[str, Any] = {}
    for child in children:
        name = child.tag.rpartition("}")[2]
        found[name] = [*found[name], parts(child)] if isinstance(found.get(name), list) else parts(child) if name not in found else [found[name], parts(child)]
    return found
