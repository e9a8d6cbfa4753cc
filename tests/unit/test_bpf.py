# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assembler, judged by LLVM's; the reader of BTF, by a description made here and by bpftool; the program's text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import assembly, btf, call, genuine, partial_checksum
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.btf import Member

_TYPES = Path("/sys/kernel/btf/vmlinux")
_LLVM_MC = shutil.which("llvm-mc")
_BPFTOOL = shutil.which("bpftool", path="/usr/sbin:/sbin:/usr/bin")
needs_llvm = pytest.mark.skipif(_LLVM_MC is None, reason="SKIPPED: there is no llvm-mc(1); install llvm")
WHERE = partial_checksum.Layout(128, 96, 96, 136, 138, 182)


def _by_llvm(source: str, folder: Path) -> bytes:
    """The same text as LLVM has it: numbers of helpers, no word for maps, # for comments. Of the map's instruction only the source register differs."""
    lines = []
    for line in source.splitlines():
        words = line.partition(";")[0].rstrip()
        words = re.sub(r"call ([a-z]\w*)", lambda match: f"call {assembly.HELPERS[match.group(1)]}", words)
        lines.append(re.sub(r"= map (\d+)", r"= \1 ll", words))
    order = "bpfel" if sys.byteorder == "little" else "bpfeb"
    made, text = folder / "made.o", folder / "text"
    command = [str(_LLVM_MC), f"-triple={order}", "-filetype=obj", "-o", str(made)]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    subprocess.run(["llvm-objcopy", f"--dump-section=.text={text}", str(made)], check=True)
    return text.read_bytes()


@needs_llvm
def test_the_program_is_what_llvm_makes_of_its_text(tmp_path: Path) -> None:
    """Byte for byte, but for the mark of a map's descriptor."""
    ours, theirs = bytearray(partial_checksum.program(WHERE, 7)), _by_llvm(partial_checksum.source(WHERE, 7), tmp_path)
    maps = [at for at in range(0, len(ours), 8) if ours[at] == 0x18]
    assert len(maps) == 2
    for at in maps:
        assert ours[at + 1] == 0x11 and theirs[at + 1] == 0x01
        ours[at + 1] = 0x01
    assert bytes(ours) == theirs


_FORMS = """
    r1 = r2
    r3 = -1
    r3 += 0x10
    r4 -= r5
    r5 |= 1
    r6 &= 0x3fff
    r7 <<= 3
    r8 >>= 4
    r9 = be16 r9
again:
    r1 = *(u8 *)(r10 - 8)
    r1 = *(u16 *)(r10 - 6)
    r1 = *(u32 *)(r6 + 40)
    r1 = *(u64 *)(r6 + 0)
    *(u32 *)(r10 - 4) = r1
    *(u64 *)(r10 - 16) = r1
    lock *(u64 *)(r0 + 8) += r1
    if r1 == 5 goto again
    if r1 != r2 goto end
    if r1 > 5 goto again
    if r1 >= 5 goto again
    if r1 < r2 goto again
    if r1 <= 20 goto end
    if r1 s< r7 goto end
    if r1 s> -1 goto end
    if r1 s>= r7 goto end
    if r1 s<= r7 goto end
    goto again
    call 26
end:
    exit
"""


@needs_llvm
def test_every_form_is_what_llvm_makes_of_it(tmp_path: Path) -> None:
    """Also those that the program does not use now."""
    assert assembly.assemble(_FORMS.replace("call 26", "call skb_load_bytes")) == _by_llvm(_FORMS, tmp_path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("r1 = *(u24 *)(r10 - 8)", "not understood"),
        ("r1 ** 2", "not understood"),
        ("goto nowhere", "no label nowhere"),
        ("call launch", "no helper launch"),
        ("a:\na:", "two labels"),
        ("if r1 ~ 3 goto a\na:", "not understood"),
    ],
)
def test_mistakes_are_told(source: str, words: str) -> None:
    """With the line or the name."""
    with pytest.raises(assembly.AssemblyError, match=words):
        assembly.assemble(source)


def test_the_name_tells_the_version() -> None:
    """It fits BPF_OBJ_NAME_LEN, and is of the characters that the kernel takes."""
    assert re.fullmatch(r"virtnet_[0-9a-f]{7}", partial_checksum.NAME) and len(partial_checksum.NAME) == 15


def _blob(types: list[bytes], words: bytes, magic: int = 0xEB9F) -> bytes:
    body = b"".join(types)
    return pack("=HBBIIIII", magic, 1, 0, 24, 0, len(body), len(body), len(words)) + body + words


def _type(name: int, kind: int, size: int, *rest: bytes, count: int = 0, flag: bool = False) -> bytes:
    return pack("=III", name, count | kind << 24 | int(flag) << 31, size) + b"".join(rest)


def _member(name: int, kind: int, bit: int, width: int = 0) -> bytes:
    return pack("=III", name, kind, width << 24 | bit)


_WORDS = b"\0sk_buff\0u16\0ip_summed\0csum_start\0csum_offset\0mac_header\0sk_buff_head\0"


def _at(word: bytes) -> int:
    return _WORDS.index(b"\0" + word + b"\0") + 1


def _made() -> list[bytes]:
    """An int, a pointer of that name, the union of two nameless structures, the structure itself; as CONFIG_DEBUG_INFO_BTF lays them."""
    return [
        _type(_at(b"u16"), 1, 2, pack("=I", 16)),
        _type(_at(b"sk_buff"), 7, 0),
        _type(0, 4, 4, _member(_at(b"csum_start"), 1, 0), _member(_at(b"csum_offset"), 1, 16), count=2),
        _type(0, 5, 4, _member(0, 3, 0), _member(_at(b"u16"), 1, 0), count=2),
        _type(_at(b"sk_buff"), 4, 16, _member(_at(b"ip_summed"), 1, 13, 2), _member(0, 4, 32), _member(_at(b"mac_header"), 1, 64), count=3, flag=True),
        _type(_at(b"sk_buff_head"), 13, 1, pack("=II", 0, 1), count=1),
    ]


def test_members_of_nameless_structures_are_found() -> None:
    """With what lies before them added, and the widths of bit fields."""
    found = btf.members(_blob(_made(), _WORDS), "sk_buff", ("ip_summed", "csum_start", "csum_offset", "mac_header"))
    assert found == {"ip_summed": Member(13, 2), "csum_start": Member(32, 0), "csum_offset": Member(48, 0), "mac_header": Member(64, 0)}
    where = partial_checksum.layout(_blob(_made(), _WORDS))
    mask = 0x60 if sys.byteorder == "little" else 0x06
    assert where == partial_checksum.Layout(1, mask, mask, 4, 6, 8)


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "ends early"),
        (b"\0" * 24, "no description"),
        (_blob(_made(), _WORDS, 0x9FEB), "byte order"),
        (_blob(_made(), _WORDS)[:60], "ends early"),
        (_blob(_made()[:-2], _WORDS), "no struct sk_buff"),
        (_blob([_type(0, 31, 0)], _WORDS), "not known here"),
        (_blob([_type(_at(b"sk_buff"), 4, 0)], _WORDS), "has no ip_summed, csum_start"),
        (
            _blob(
                [*_made()[:4], _type(_at(b"sk_buff"), 4, 16, _member(_at(b"ip_summed"), 1, 8), _member(0, 4, 32), _member(_at(b"mac_header"), 1, 64), count=3)],
                _WORDS,
            ),
            "no bit field",
        ),
    ],
)
def test_what_is_no_description_is_refused(blob: bytes, words: str) -> None:
    """In words, and never with an offset that was guessed."""
    with pytest.raises(btf.BtfError, match=words):
        partial_checksum.layout(blob)


@pytest.mark.skipif(not _TYPES.exists(), reason="SKIPPED: this kernel does not describe its types")
@pytest.mark.skipif(_BPFTOOL is None, reason="SKIPPED: there is no bpftool(8); install bpftool")
def test_the_running_kernel_as_bpftool_reads_it() -> None:
    """Offsets of the members of struct sk_buff."""
    dump = json.loads(subprocess.run([str(_BPFTOOL), "-j", "btf", "dump", "file", str(_TYPES)], capture_output=True, check=True).stdout)["types"]
    by_id = {each["id"]: each for each in dump}

    def walk(each: Any, base: int) -> Any:
        for member in each["members"]:
            if member["name"] == "(anon)":
                yield from walk(by_id[member["type_id"]], base + member["bits_offset"])
            else:
                yield member["name"], Member(base + member["bits_offset"], member.get("bitfield_size", 0))

    (structure,) = [each for each in dump if each["kind"] == "STRUCT" and each["name"] == "sk_buff"]
    theirs = dict(walk(structure, 0))
    names = ("ip_summed", "csum_start", "csum_offset", "mac_header", "len", "data", "protocol")
    assert btf.members(_TYPES.read_bytes(), "sk_buff", names) == {name: theirs[name] for name in names}


def test_the_kernels_digest_of_the_program() -> None:
    """As 6.18 told it of the program that it had loaded; of a map nothing is in it. Other instructions, which another kernel's layout needs, have another."""
    assert partial_checksum.tags(WHERE)[1].hex() == "caf908f078a55a9c"
    assert not set(partial_checksum.tags(WHERE)) & set(partial_checksum.tags(WHERE._replace(mac_header=184)))


def test_a_program_of_another_version_counts() -> None:
    """One of such a name without a map is somebody else's: nothing could be read of what it stopped."""
    assert genuine.is_guard(call.ProgramInfo(7, "virtnet_0000000", (3,))) and not genuine.is_guard(call.ProgramInfo(7, "virtnet_0000000", ()))
