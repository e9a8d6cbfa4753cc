# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A look at an image: whether it has what it should, and starts from what it should."""

from __future__ import annotations

from itertools import zip_longest
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Medium, MediumFile
from ansible_collections.virtnet.hardening.plugins.module_utils._media import xorriso
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import MediaError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import blocks
from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import FolderSource, IsoSource, Source
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import VirtnetError

# Where isolinux.bin holds the addresses of itself and of the volume; it differs when files are moved.
_INFO_TABLE = slice(8, 64)


def _on_it(source: Source, path: str) -> str:
    """The name on the image; what comes from a folder is there in upper case."""
    return path.upper() if isinstance(source, FolderSource) else path


def _wanted(medium: Medium, source: Source) -> dict[str, int]:
    sizes = {**source.sizes, **{entry.path: _size(entry) for entry in medium.entries}}
    found = {_on_it(source, path): size for path, size in sizes.items()}
    if isinstance(source, FolderSource):
        found.pop("/BOOT.CAT", None)
    return found


def _size(entry: MediumFile) -> int:
    return len(entry.data) if entry.data is not None else sum(len(block) for block in blocks(entry.file))


def verify(medium: Medium, source: Source, path: str) -> xorriso.Image:
    """MediaError unless the image has every file, and what it starts from is as it was. Of the files, only those that were added are read."""
    image = xorriso.look(path)
    found, wanted = image.sizes(), _wanted(medium, source)
    wrong = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
    if wrong:
        raise MediaError(f"The image that xorriso made has {len(wrong)} files otherwise than it should, the first is {wrong[0]}; nothing was changed.")
    if isinstance(source, IsoSource) and image.boot != source.image.boot:
        line = next(iter(sorted({*image.boot} ^ {*source.image.boot})), "the order")
        raise MediaError(f"The image that xorriso made does not start as the vendor's does ({line}); nothing was changed.")
    if isinstance(source, FolderSource) and len(image.boot_images()) != sum(source.find(name) is not None for name in ("/isolinux.bin", "/efiboot.img")):
        raise MediaError("The image that xorriso made does not start from isolinux.bin and efiboot.img; nothing was changed.")
    if medium.volume_id and image.volume_id != medium.volume_id:
        raise MediaError(f"The image that xorriso made is named {image.volume_id!r} and not {medium.volume_id!r}; nothing was changed.")
    for entry in medium.entries:
        content = iter([memoryview(entry.data)]) if entry.data is not None else blocks(entry.file)
        if not _equal(content, _content(path, image, _on_it(source, entry.path))):
            raise MediaError(f"The image that xorriso made has another {entry.path} than it was given, or is cut off; nothing was changed.")
    return image


def same(medium: Medium, source: Source, path: str) -> bool:
    """Whether an image is what would be made, by reading all of it and of the installer."""
    try:
        image = verify(medium, source, path)
    except VirtnetError:
        return False
    replaced = {entry.path for entry in medium.entries}
    for member in source.sizes:
        name = _on_it(source, member)
        if member in replaced or name not in image.extents:
            continue
        start = name in image.boot_images()
        if not _equal(source.stream(member), _content(path, image, name), start):
            return False
    return True


def _content(path: str, image: xorriso.Image, name: str) -> Iterator[memoryview]:
    for start, size in image.extents[name]:
        yield from blocks(path, start, size)


def _equal(one: Iterator[memoryview], other: Iterator[memoryview], has_table: bool = False) -> bool:
    for number, (left, right) in enumerate(zip_longest(one, other, fillvalue=memoryview(b""))):
        if left == right:
            continue
        if number or not has_table or left.nbytes != right.nbytes:
            return False
        masked = [bytearray(left), bytearray(right)]
        for block in masked:
            block[_INFO_TABLE] = bytes(56)
        if masked[0] != masked[1]:
            return False
    return True
