# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An installer's medium that is not ESXi but starts like it: isolinux for the BIOS and an EFI image, both of which print what they read.

In place of the vendor's boot loaders, a Lua script of SYSLINUX and a script of GRUB print boot.cfg and the script that it names. Nothing of the
collection is used here but the module itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

MODULE = "ansible_collections.virtnet.hardening.plugins.modules.esxi_install_media"
ROOT = Path(__file__).resolve().parent.parent.parent
SYSLINUX = Path("/usr/lib/syslinux/modules/bios")
ISOLINUX = Path("/usr/lib/ISOLINUX")
OVMF = Path("/usr/share/OVMF")
BOOT_CFG = (
    "bootstate=0\ntitle=Loading ESXi installer\ntimeout=5\nprefix=\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\n"
    "modules=/jumpstrt.gz --- /useropts.gz --- /k.b00\nbuild=8.0.3-0.0.24022510\nupdated=0\n"
)
MENU = "SERIAL 0 115200\nDEFAULT show\nPROMPT 0\nLABEL show\n  COM32 lua.c32\n  APPEND /SHOW.LUA\n"
# Prints the script under exactly the name that boot.cfg has it.
LUA = """
local function show(name)
  print("<<" .. name .. ">>")
  local file = io.open(name, "r")
  if not file then print("missing") return nil end
  local text = ""
  for line in file:lines() do print(line) text = text .. line .. "\\n" end
  file:close()
  return text
end
print("started by BIOS")
local text = show("/BOOT.CFG")
local ks = string.match(text or "", "ks=cdrom:(%S+)")
if ks then show(ks) end
print("<<end>>")
"""
GRUB = """
serial --unit=0 --speed=115200
terminal_output serial
search --set=root --file /EFI/BOOT/BOOT.CFG
echo "started by UEFI"
echo "<</EFI/BOOT/BOOT.CFG>>"
cat /EFI/BOOT/BOOT.CFG
echo "<</KS.CFG>>"
cat /KS.CFG
echo "<<end>>"
"""
GRUB_MODULES = "iso9660 part_msdos part_gpt serial terminal search search_fs_file cat echo fat".split()


def tool(*words: str, **options: Any) -> str:
    """Run something that is not ours; its output."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C", "TZ": "UTC"}, **options)
    assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
    return done.stdout


def tree(folder: Path, size: int = 3 << 20) -> Path:
    """The files of the medium. C(size) is that of the kernel, which is as random as a compressed one."""
    (folder / "EFI" / "BOOT").mkdir(parents=True)
    (folder / "UPGRADE").mkdir()
    for path in ("BOOT.CFG", "EFI/BOOT/BOOT.CFG"):
        (folder / path).write_text(BOOT_CFG)
    block = hashlib.shake_256(b"kernel").digest(1 << 20)
    with open(folder / "B.B00", "wb") as kernel:
        for number in range(size >> 20):
            kernel.write(number.to_bytes(8, "big") + block[8:])
    for name, text in {"JUMPSTRT.GZ": "j", "USEROPTS.GZ": "u", "K.B00": "k", "UPGRADE/README.TXT": "r", "MBOOT.C32": "m", "SHOW.LUA": LUA}.items():
        (folder / name).write_text(text)
    (folder / "ISOLINUX.CFG").write_text(MENU)
    shutil.copy(ISOLINUX / "isolinux.bin", folder / "ISOLINUX.BIN")
    for name in ("ldlinux", "lua", "liblua", "libcom32"):
        shutil.copy(SYSLINUX / f"{name}.c32", folder / f"{name}.c32".upper())
    config, loader = folder.parent / f"{folder.name}.grub", folder / "EFI" / "BOOT" / "BOOTX64.EFI"
    config.write_text(GRUB)
    tool("grub-mkimage", "-O", "x86_64-efi", "-o", str(loader), "-p", "/", "-c", str(config), *GRUB_MODULES)
    (folder / "EFI" / "BOOT" / "CRYPTO64.EFI").write_text("crypto")
    image = folder / "EFIBOOT.IMG"
    tool("truncate", "-s", "1440K", str(image))
    tool("mformat", "-i", str(image), "-f", "1440", "::")
    tool("mmd", "-i", str(image), "::/EFI", "::/EFI/BOOT")
    tool("mcopy", "-i", str(image), str(loader), "::/EFI/BOOT/BOOTX64.EFI")
    return folder


def lower_case(folder: Path, copy: Path) -> Path:
    """A copy of the files, with those of SYSLINUX as it asks for them: with Rock Ridge it minds their case."""
    shutil.copytree(folder, copy)
    for path in [*copy.glob("*.C32"), copy / "ISOLINUX.CFG"]:
        path.rename(copy / path.name.lower())
    return copy


PLAIN = ["--norock"]
HYBRID = ["-J", "-R", "-isohybrid-mbr", str(ISOLINUX / "isohdpfx.bin")]


def iso(folder: Path, path: Path, kind: list[str]) -> Path:
    """As the vendor's: plain ISO 9660 with two boot records. Or with Rock Ridge, Joliet, an MBR and a GPT."""
    more = ["-isohybrid-gpt-basdat"] if kind is HYBRID else []
    bios = ["-b", "ISOLINUX.BIN", "-c", "BOOT.CAT", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    uefi = ["-eltorito-alt-boot", "-e", "EFIBOOT.IMG", "-no-emul-boot", *more]
    name = ["-V", "ESXI-8.0U3-24022510-STD", "-iso-level", "3"]
    tool("xorriso", "-no_rc", "-as", "mkisofs", "-quiet", *name, *kind, *bios, *uefi, "-o", str(path), str(folder))
    return path


def equipment(path: Path) -> list[str]:
    """What an image starts from, as xorriso reports it, without the numbers of blocks."""
    text = tool("xorriso", "-no_rc", "-indev", f"stdio:{path}", "-report_el_torito", "plain", "-report_system_area", "plain")
    kept = []
    for line in text.splitlines():
        if line.startswith("El Torito boot img"):
            line = re.sub(r" +\d+$", "", line)
        elif re.match(r"MBR partition  |GPT start|GPT lba", line):
            line = re.sub(r"(?: +\d+)+$", "", line)
        elif re.match(r"El Torito catalog|ISO image size|GPT backup", line):
            line = line.partition(":")[0]
        kept.append(line)
    return kept


def label(path: Path) -> str:
    """The name of the volume, by blkid."""
    return tool("blkid", "-p", "-o", "value", "-s", "LABEL", str(path)).strip()


def unpack(path: Path, folder: Path) -> Path:
    """By libarchive."""
    folder.mkdir()
    tool("bsdtar", "-x", "-f", str(path), "-C", str(folder))
    return folder


def differences(one: Path, other: Path) -> list[str]:
    """By diff, with paths from the top. A file of one side only is marked with + or -."""
    done = subprocess.run(["diff", "-r", "-q", str(one), str(other)], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    found = []
    for line in done.stdout.splitlines():
        alone = re.match(r"Only in (.+): (.+)", line)
        if alone:
            place = Path(alone.group(1)) / alone.group(2)
            new = other in (place, *place.parents)
            found.append(("+" if new else "-") + str(place.relative_to(other if new else one)))
        else:
            differs = re.match(r"Files (.+) and .+ differ", line)
            assert differs, line
            found.append(str(Path(differs.group(1)).relative_to(one)))
    return sorted(found)


class Machine(threading.Thread):
    """A machine that starts from an image, until it has printed the mark of the end."""

    def __init__(self, image: Path, firmware: str, disk: bool = False) -> None:
        super().__init__()
        medium = f"file={image},format=raw,readonly=on,if=virtio" if disk else f"file={image},format=raw,readonly=on,media=cdrom"
        self.command = ["qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-serial", "stdio", "-monitor", "none", "-net", "none", "-drive", medium]
        if firmware == "uefi":
            self.command += ["-machine", "q35", "-m", "192", "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF / 'OVMF_CODE_4M.fd'}"]
            self.command += ["-drive", f"if=pflash,format=raw,snapshot=on,file={OVMF / 'OVMF_VARS_4M.fd'}"]
        else:
            self.command += ["-machine", "pc", "-m", "64"]
        self.said = ""
        self.start()

    def run(self) -> None:
        """Reads what it prints."""
        with subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            watch = threading.Timer(150, process.kill)
            watch.start()
            assert process.stdout is not None
            while "<<end>>" not in self.said:
                block = os.read(process.stdout.fileno(), 65536)
                if not block:
                    break
                self.said += block.decode("ascii", "replace").replace("\r", "")
            watch.cancel()
            process.kill()

    def files(self) -> dict[str, str]:
        """What it printed of each file."""
        self.join()
        assert "<<end>>" in self.said, self.said[-2000:]
        parts = re.split(r"<<(/[^>]*)>>\n", self.said.partition("<<end>>")[0])
        return {"": parts[0], **{name: text.strip("\n") for name, text in zip(parts[1::2], parts[2::2])}}


def module(params: dict[str, Any], check: bool = False, path: str = "", name: str = MODULE) -> dict[str, Any]:
    """The result of the module, or of another one, run in this process. C(path) goes before PATH."""
    output = io.StringIO()
    warnings._global_warnings.clear()
    with pytest.MonkeyPatch.context() as patch, _arguments(_words(params, check)), contextlib.redirect_stdout(output):
        patch.setenv("PATH", f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"])
        with pytest.raises(SystemExit):
            import_module(name).main()
    return answer((output.getvalue(), ""))


def _words(params: dict[str, Any], check: bool) -> dict[str, Any]:
    given = {key: value for key, value in params.items() if value is not None}
    return {**given, "_ansible_check_mode": check, "_ansible_diff": True}


def _arguments(args: dict[str, Any]) -> Any:
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core 2.17 and 2.18
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        return contextlib.nullcontext()
    return patch_module_args(args)


def start(params: dict[str, Any], path: str = "", inside: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """The module in a process of its own, without waiting for it."""
    program = f"from {MODULE} import main; main()"
    environ = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]}
    process = subprocess.Popen(
        [*inside, sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": _words(params, False)}))
    process.stdin.close()
    process.stdin = None
    return process


def answer(output: tuple[str | None, str | None]) -> dict[str, Any]:
    """What a module printed."""
    text = output[0] or ""
    assert text.strip().startswith("{"), f"{text}{output[1]}"
    result: dict[str, Any] = json.loads(text)
    assert "Traceback" not in (output[1] or ""), output[1]
    return result


def four_times(params: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Check, run, run again, check again. The check run changes nothing and says the same as the real one, which is returned."""
    before = listing(folder)
    predicted = module(params, check=True)
    assert listing(folder) == before and predicted["changed"], predicted
    real = module(params)
    assert real["changed"], real
    unknown = ("size", "msg", "invocation", "uid", "gid", "owner", "group", "mode", "state")
    for key in {*real, *predicted} - {*unknown, "diff"}:
        assert real.get(key) == predicted.get(key), key
    # A check run can't see the owner and mode of a file that is not there.
    assert [each for each in real["diff"] if isinstance(each["before"], str)] == predicted["diff"]
    after = listing(folder)
    assert after != before
    for check in (False, True):
        again = module(params, check=check)
        assert not again["changed"] and not again["diff"], again
    assert listing(folder) == after
    return real


def listing(folder: Path) -> str:
    """All that can be seen of the files below a folder, their contents too."""
    names = tool("find", str(folder), "-printf", "%p %y %m %n %s %T@ %i\n")
    files = [str(path) for path in folder.rglob("*") if path.is_file()]
    return names + (tool("sha256sum", *files) if files else "")
