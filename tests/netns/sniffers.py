# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real processes and programs that hear frames, to be found."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import sys
import time
from typing import Iterator

import pytest

# packet(7)
_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISC = 263, 1, 1
_BPF_CALLS = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _LINK_CREATE = 5, 28
XDP, SCHED_CLS = 6, 3
ATTACH_XDP, ATTACH_TCX_INGRESS = 37, 46

# Arguments: interface or "", EtherType, and "promisc", "thread" (a descriptor that only a thread has) or "".
_SCRIPT = """
import ctypes, socket, struct, sys, threading, time
name, kind, how = sys.argv[1], int(sys.argv[2], 0), sys.argv[3]
def listen():
    if how == "thread":
        assert ctypes.CDLL(None).unshare(0x400) == 0
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
    if name:
        s.bind((name, kind))
    if how:
        s.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex(name), 1, 0, b""))
    print("ready", flush=True)
    time.sleep(60)
threading.Thread(target=listen).start() if how == "thread" else listen()
"""


@contextlib.contextmanager
def started(command: list[str], ready: str) -> Iterator[int]:
    """The process id of a command that says when it is ready, on either output; it is ended afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        while line and ready not in line:
            line = process.stdout.readline()
        assert line, f"{command[0]} ended"
        yield process.pid
    finally:
        process.kill()
        process.wait()


def sniff(name: str = "", how: str = "promisc", kind: int = 3) -> contextlib.AbstractContextManager[int]:
    """A process with a packet socket."""
    return started([sys.executable, "-c", _SCRIPT, name, str(kind), how], "ready")


def member(name: str) -> socket.socket:
    """A promiscuous packet socket of this process."""
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    channel.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8s", socket.if_nametoindex(name), _PROMISC, 0, b""))
    return channel


def attach(kind: int, place: int, name: str) -> list[int]:
    """A program that lets all pass, at an interface as long as the descriptors are open."""
    number = _BPF_CALLS.get(os.uname().machine)
    if number is None:
        pytest.skip(f"SKIPPED: the system call bpf is not known for {os.uname().machine}; run it on x86_64")
    call = ctypes.CDLL(None, use_errno=True).syscall

    def bpf(command: int, attr: bytes) -> int:
        found: int = call(number, command, attr, len(attr))
        if found < 0:
            code = ctypes.get_errno()
            pytest.skip(f"SKIPPED: bpf({command}) failed: {os.strerror(code)}; run it as root on kernel 6.6 or later")
        return found

    # r0 = 2 (XDP_PASS) or -1 (TCX_NEXT); exit
    code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, 2 if kind == XDP else -1, 0x95, 0, 0, 0), 16)
    licence = ctypes.create_string_buffer(b"GPL")
    program = bpf(_PROG_LOAD, struct.pack("=IIQQIIQII16s", kind, 2, ctypes.addressof(code), ctypes.addressof(licence), 0, 0, 0, 0, 0, b"virtnet"))
    return [program, bpf(_LINK_CREATE, struct.pack("=IIII48x", program, socket.if_nametoindex(name), place, 2 if kind == XDP else 0))]


def hears(listener: str, sender: str, frame: bytes) -> bool:
    """Whether a frame that one interface sends arrives at another within half a second."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5)) as ear, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as mouth:
        ear.bind((listener, 0x88B5))
        ear.settimeout(0.5)
        mouth.bind((sender, 0))
        mouth.send(frame)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            try:
                if ear.recv(2000)[:60] == frame[:60]:
                    return True
            except socket.timeout:
                return False
    return False
