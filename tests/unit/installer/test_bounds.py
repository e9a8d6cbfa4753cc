# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line of 100 MB and other large files, in bounded memory. The time limit is generous: it tells linear from quadratic.

VIRTNET_EXAMPLES=1000000, the long run, gives every file the full size.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

FULL, PART, LITTLE = 100_000_000, 10_000_000, 2_000_000
LONG_RUN = int(os.environ.get("VIRTNET_EXAMPLES", "0")) > 100_000
# The rest are as many lines or words as bytes and take longer.
ALWAYS_FULL = ("one word", "one value", "separators", "nul", "not utf-8", "quotes", "utf-16")
MEMORY = 2 << 30
SECONDS = 240
COLLECTIONS = Path(__file__).resolve().parent.parent.parent.parent / ".cache" / "collections"

PROGRAM = """
import sys
sys.path.insert(0, {collections!r})
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import lint as bootcfg_lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import parse as bootcfg_parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import lint as kickstart_lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import mask as kickstart_mask
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import model as kickstart_model
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import parse as kickstart_parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import MAX_BYTES
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

unit, head = {unit!r}, {head!r}
data = head + unit * ({size} // len(unit))
document = kickstart_parse.parse(data)
assert kickstart_parse.render(document) == data
findings = kickstart_lint.lint(document)
kickstart_model.extract(document)
if len(data) <= MAX_BYTES:
    kickstart_mask.shown(document)
    kickstart_mask.secrets(document)
del document
config = bootcfg_parse.parse(data)
assert bootcfg_parse.render(config) == data
findings += bootcfg_lint.lint(config)
del config
try:
    apply(data, Edit(title="x"))
except InputError:
    pass
assert len(findings) < 100_000
print("done", len(findings))
"""

CASES = {
    "one word": (b"x", b""),
    "words": (b"a ", b"reboot "),
    "one value": (b"y", b"kernel=k\nmodules="),
    "separators": (b"---", b"kernel=k\nmodules="),
    "options": (b" a=b", b"kernel=k\nkernelopt="),
    "newlines": (b"\n", b""),
    "lines": (b"foo bar\n", b"kernel=k\n"),
    "blanks": (b" ", b""),
    "quotes": (b"'", b"rootpw "),
    "backslashes": (b"\\", b"rootpw "),
    "comment": (b"#", b""),
    "comments": (b"# \n", b""),
    "nul": (b"\x00", b""),
    "not utf-8": (b"\xff\xfe", b""),
    "script": (b"echo echo echo account set password= ://a:a:a:", b"%post\n"),
    "sections": (b"%post\n", b""),
    "utf-16": ("k".encode("utf-16-le"), b"\xff\xfe"),
}


def limit() -> None:
    """In the child."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("name", CASES)
def test_large_files(name: str) -> None:
    """Parsed, rendered, checked and refused, all without a traceback."""
    unit, head = CASES[name]
    # Each byte of the script is the beginning of something that looks like a password.
    size = FULL if LONG_RUN or name in ALWAYS_FULL else LITTLE if name == "script" else PART
    program = PROGRAM.format(collections=str(COLLECTIONS), unit=unit, head=head, size=size)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=SECONDS, preexec_fn=limit)
    assert done.returncode == 0 and done.stdout.startswith("done"), done.stderr[-2000:]
