# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The program at a port's ingress that holds a guest to the checksum of its own TCP or UDP header. Pure.

A guest that leaves a checksum to the host (VIRTIO_NET_HDR_F_NEEDS_CSUM, or PACKET_VNET_HDR in a container) says where it starts and where it is to be
written, and the kernel only asks that both lie in the frame (skb_partial_csum_set, net/core/skbuff.c). Whoever transmits the frame without checksum offload
writes two bytes there (skb_checksum_help, net/core/dev.c), behind all rules of nftables, and the guest chooses them by what it sends.

A frame that the host cuts later is looked at once, whole, and by everybody as one packet; the pieces are made behind all rules. Those of TCP bear nothing that
a guard asks of. Of UDP each datagram that is cut off (UDP_L4, by __udp_gso_segment, net/ipv4/udp_offload.c) is a message of its own, of which nobody saw more
than the first; and fragments that the kernel makes (UFO, by inet_gso_segment, net/ipv4/af_inet.c) begin at offset 0 whatever the packet said, and overlap
where they are no multiples of 8 bytes. So none that is cut may be a fragment, or DHCP, of which alone guards look further than the ports.

The program is the text below, with the offsets of the running kernel's struct sk_buff put in: nothing of it was compiled, and nothing has to be.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha1, sha256
from typing import NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import btf
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.assembly import assemble

# Of include/linux/skbuff.h.
_CHECKSUM_PARTIAL = 3
# Of struct sk_buff.
_MEMBERS = ("ip_summed", "csum_start", "csum_offset", "mac_header")
# Extension headers that are walked over; honest hosts send one or two.
_EXTENSIONS = 4
# What the program answers: the next filter decides, or the frame is dropped (TC_ACT_UNSPEC, TC_ACT_SHOT; TCX_NEXT and TCX_DROP are the same).
_NEXT, _DROP = -1, 2
# BPF_TAG_SIZE of include/uapi/linux/bpf.h.
_TAG = 8


class Layout(NamedTuple):
    """Of struct sk_buff of the running kernel, in bytes; C(mask) and C(partial) are of the byte that holds ip_summed."""

    ip_summed: int
    mask: int
    partial: int
    csum_start: int
    csum_offset: int
    mac_header: int


def layout(blob: bytes) -> Layout:
    """Out of the kernel's description of its types. Raises BtfError."""
    found = btf.members(blob, "sk_buff", _MEMBERS)
    summed = found["ip_summed"]
    if not summed.width or summed.bit // 8 != (summed.bit + summed.width - 1) // 8:
        raise btf.BtfError("ip_summed is no bit field within one byte in this kernel")
    # A big-endian compiler gives the first bit field the highest bits.
    shift = summed.bit % 8 if sys.byteorder == "little" else 8 - summed.bit % 8 - summed.width
    places = btf.bytes_of(found, ("csum_start", "csum_offset", "mac_header"))
    return Layout(summed.bit // 8, (1 << summed.width) - 1 << shift, _CHECKSUM_PARTIAL << shift, *places)


# r6 is the frame. A value of its struct sk_buff comes to the start of the stack's last eight bytes.
_KERNEL = """
    r1 = r10
    r1 += -8
    r2 = {size}
    r3 = r6
    r3 += {place}
    call probe_read_kernel
    if r0 != 0 goto drop
"""
# r7 is where the next header begins, counted from the Ethernet header.
_HEADER = """
    r1 = r6
    r2 = r7
    r3 = r10
    r3 += -{size}
    r4 = {size}
    call skb_load_bytes
    if r0 != 0 goto drop
"""
_EXTENSION = (
    """
    if r2 == 0 goto extension{number}      ; hop-by-hop options
    if r2 == 43 goto extension{number}     ; routing
    if r2 == 60 goto extension{number}     ; destination options
    goto upper
extension{number}:
"""
    + _HEADER.format(size=8)
    + """
    r2 = *(u8 *)(r10 - 8)
    r1 = *(u8 *)(r10 - 7)
    r1 += 1
    r1 <<= 3
    r7 += r1
"""
)
_PORT = """
    r1 = *(u16 *)(r10 - {place})
    r1 = be16 r1
    if r1 == 67 goto drop
    if r1 == 68 goto drop
    if r1 == 546 goto drop
    if r1 == 547 goto drop
"""

_SOURCE = (
    """
    r6 = r1
    r1 = *(u32 *)(r6 + 176)                 ; __sk_buff.gso_size: what it is to be cut into, 0 for one that stays whole
    *(u64 *)(r10 - 48) = r1
"""
    + _KERNEL.format(size=1, place="{ip_summed}")
    + """
    r1 = *(u8 *)(r10 - 8)
    r1 &= {mask}
    *(u64 *)(r10 - 56) = r1
    if r1 == {partial} goto look
    r1 = *(u64 *)(r10 - 48)
    if r1 == 0 goto next                    ; the frame stays as it is
look:
"""
    + _KERNEL.format(size=2, place="{mac_header}")
    + """
    r7 = *(u16 *)(r10 - 8)
"""
    + _KERNEL.format(size=2, place="{csum_start}")
    + """
    r8 = *(u16 *)(r10 - 8)
    r8 -= r7                                ; r8: where the sum starts
"""
    + _KERNEL.format(size=2, place="{csum_offset}")
    + """
    r9 = *(u16 *)(r10 - 8)
    r9 += r8                                ; r9: where it is written
    r7 = 12
type:
"""
    + _HEADER.format(size=2)
    + """
    r7 += 2
    r1 = *(u16 *)(r10 - 2)
    r1 = be16 r1
    if r1 == 0x0800 goto ipv4
    if r1 == 0x86dd goto ipv6
    if r1 == 0x8100 goto tag
    if r1 != 0x88a8 goto drop
tag:
    r7 += 2
    if r7 <= 20 goto type
    goto drop                               ; a third tag
ipv4:
"""
    + _HEADER.format(size=20)
    + """
    r2 = *(u8 *)(r10 - 11)
    r1 = *(u16 *)(r10 - 14)
    r1 = be16 r1
    r1 &= 0x3fff
    if r1 != 0 goto drop                    ; a fragment, of which nobody leaves the sum to others, or more fragments to be made of it
    r1 = *(u8 *)(r10 - 20)
    r3 = r1
    r3 >>= 4
    if r3 != 4 goto drop
    r1 &= 15
    if r1 < 5 goto drop
    r1 <<= 2
    r7 += r1
    goto upper
ipv6:
"""
    + _HEADER.format(size=40)
    + """
    r2 = *(u8 *)(r10 - 34)
    r1 = *(u8 *)(r10 - 40)
    r1 >>= 4
    if r1 != 6 goto drop
    r7 += 40
"""
    + "".join(_EXTENSION.format(number=number) for number in range(_EXTENSIONS))
    + """
upper:
    r1 = *(u64 *)(r10 - 48)
    if r1 == 0 goto whole
    if r2 != 17 goto whole
    if r1 < 8 goto drop                     ; the ports are in several pieces
"""
    + _HEADER.format(size=4)
    + _PORT.format(place=4)
    + _PORT.format(place=2)
    + """
    r2 = 17
whole:
    r1 = *(u64 *)(r10 - 56)
    if r1 != {partial} goto next
    if r2 == 6 goto tcp
    if r2 == 17 goto udp
    if r2 == 4 goto beyond                  ; IPv4 in IP
    if r2 == 33 goto beyond                 ; DCCP
    if r2 == 41 goto beyond                 ; IPv6 in IP
    if r2 == 47 goto beyond                 ; GRE
    if r2 == 132 goto beyond                ; SCTP
    if r2 == 136 goto beyond                ; UDP-Lite
    goto drop
tcp:
    if r8 != r7 goto drop
    r7 += 16
    if r9 != r7 goto drop
    goto next
udp:
    if r8 != r7 goto tunnel
    r7 += 6
    if r9 != r7 goto drop
    goto next
tunnel:                                     ; VXLAN, Geneve: the sum of an inner header, in what no guard looks into
"""
    + _HEADER.format(size=4)
    + _PORT.format(place=4)
    + _PORT.format(place=2)
    + """
    r7 += 8
beyond:
    if r8 s< r7 goto drop
    if r9 s< r7 goto drop
next:
    r0 = {next}
    exit
drop:
    r1 = *(u32 *)(r6 + 40)                  ; __sk_buff.ifindex
    *(u32 *)(r10 - 4) = r1
    r1 = map {stopped}
    r2 = r10
    r2 += -4
    call map_lookup_elem
    if r0 == 0 goto first
    r1 = 1
    lock *(u64 *)(r0 + 0) += r1
    r1 = *(u32 *)(r6 + 0)                   ; __sk_buff.len
    lock *(u64 *)(r0 + 8) += r1
    goto stop
first:
    r1 = 1
    *(u64 *)(r10 - 24) = r1
    r1 = *(u32 *)(r6 + 0)
    *(u64 *)(r10 - 16) = r1
    r1 = map {stopped}
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -24
    r4 = 0
    call map_update_elem
stop:
    r0 = {drop}
    exit
"""
)

# Of at most 15 characters, which tells the version of the text: the kernel's own tag depends on its layout too.
PREFIX = "virtnet_"
NAME = PREFIX + sha256(_SOURCE.encode()).hexdigest()[:7]


def is_ours(name: str) -> bool:
    """Whether it is the name of a program of this collection, of whatever version."""
    return re.fullmatch(PREFIX + "[0-9a-f]{7}", name) is not None


def source(where: Layout, stopped: int) -> str:
    """The text for a kernel. C(stopped): the descriptor of the map that counts dropped frames by interface index."""
    return _SOURCE.format(**where._asdict(), stopped=stopped, next=_NEXT, drop=_DROP)


def program(where: Layout, stopped: int) -> bytes:
    """The instructions for a kernel."""
    return assemble(source(where, stopped))


def tags(where: Layout) -> tuple[bytes, ...]:
    """What kernels call these instructions (bpf_prog_calc_tag, kernel/bpf/core.c): eight bytes of SHA-1, from 6.18 on of SHA-256, without the map."""
    code = program(where, 0)
    return tuple(digest(code).digest()[:_TAG] for digest in (sha1, sha256))
