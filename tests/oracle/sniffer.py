# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is really on the wire: every frame of every protocol at one interface, read from a raw socket.

It MUST NOT use any code of the collection, pyroute2 or pyVmomi. Standard library only, so that it can be run as a
script inside a namespace: "sniffer.py NAME" prints "ready", then a JSON line for each frame until its standard input
is closed; "sniffer.py NAME send HEX ..." sends frames as they stand, "sniffer.py NAME flood HEX" one without end.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import select
import socket
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, Sequence

_ETH_P_ALL = 3
_OUTGOING = 4
# A frame that was sent may still be on its way when the test looks.
_SETTLE = 0.2

Frame = Dict[str, Any]


class Sniffer:
    """Frames at an interface while the block runs, in the namespace that a command prefix enters."""

    def __init__(self, name: str, prefix: Sequence[str] = ()) -> None:
        self._command = [*prefix, sys.executable, __file__, name]
        self.frames: list[Frame] = []

    def __enter__(self) -> Sniffer:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None and self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: Any) -> None:
        time.sleep(_SETTLE)
        output, _errors = self._process.communicate()
        self.frames = [json.loads(line) for line in output.splitlines()]

    def arrived(self) -> list[Frame]:
        """Frames that came from the other end of the wire."""
        return [frame for frame in self.frames if not frame["outgoing"]]


def inject(name: str, frames: Sequence[bytes], prefix: Sequence[str] = ()) -> None:
    """Send frames, whatever they are. Only for namespaces that the test made."""
    subprocess.run([*prefix, sys.executable, __file__, name, "send", *(frame.hex() for frame in frames)], check=True)


@contextlib.contextmanager
def flood(name: str, frame: bytes, prefix: Sequence[str] = ()) -> Iterator[None]:
    """Send one frame over and over while the block runs. Only for namespaces that the test made."""
    process = subprocess.Popen([*prefix, sys.executable, __file__, name, "flood", frame.hex()])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _sniff(channel: socket.socket) -> None:
    print("ready", flush=True)
    while True:
        readable, _writable, _failed = select.select([channel, sys.stdin], [], [])
        if channel in readable:
            data, origin = channel.recvfrom(65536)
            found = {
                "destination": data[:6].hex(":"),
                "source": data[6:12].hex(":"),
                "ethertype": int.from_bytes(data[12:14], "big"),
                "size": len(data),
                "outgoing": origin[2] == _OUTGOING,
                "payload": data[14:].decode("latin-1"),
            }
            print(json.dumps(found), flush=True)
        elif sys.stdin in readable:
            return


def main(name: str, verb: str, hexes: Sequence[str]) -> None:
    """Sniff, or send what is given."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)) as channel:
        channel.bind((name, _ETH_P_ALL))
        if not hexes:
            _sniff(channel)
        for each in itertools.cycle(hexes) if verb == "flood" else hexes:
            channel.send(bytes.fromhex(each))


if __name__ == "__main__":
    main(sys.argv[1], "".join(sys.argv[2:3]), sys.argv[3:])
