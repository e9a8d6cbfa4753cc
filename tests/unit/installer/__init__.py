# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer's files: ks.cfg, boot.cfg and the rules of their values."""
