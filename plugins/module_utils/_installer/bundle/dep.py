# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The optional decompressor for payloads of ESXi 9: zstandard from PyPI, or Python's own from 3.14 on."""

from __future__ import annotations

from typing import Any, Callable

ZSTD: Callable[[], Any] | None = None
try:
    import zstandard  # type: ignore[import-not-found,unused-ignore]

    def _zstandard() -> Any:
        return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    ZSTD = _zstandard
except Exception:  # A broken one is as good as none.
    try:
        from compression.zstd import ZstdDecompressor  # type: ignore[import-not-found,unused-ignore]

        ZSTD = ZstdDecompressor
    except Exception:
        ZSTD = None
