# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a user or an inventory names reaches a file of the installer as something else: it is refused, or read back as it was.

One property for each kind of file, with any text, and a reader that is not ours: shlex for ks.cfg and scripts, and for boot.cfg and menus a few lines
here, which know their reader's rules and nothing of the writer.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from typing import Any, Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import menu as media_menu
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile import driver_script
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.policy_script import render as render_policy
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_properties import EXAMPLES

LONG = settings(max_examples=max(EXAMPLES // 80, 100), deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
# What a reader of any of these files minds, and any text at all.
SIGNS = st.sampled_from(
    [
        "a",
        "b1",
        "\u00e9",
        " ",
        "\t",
        "\n",
        "\r",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1f",
        "\x7f",
        "\x85",
        "\u00a0",
        "\u2028",
        "\u3000",
        "\x00",
        "\ud800",
        "'",
        '"',
        "\\",
        "`",
        "$",
        "$(x)",
        "${y}",
        "#",
        ";",
        "&",
        "&&",
        "||",
        "|",
        "<",
        ">",
        "=",
        ",",
        "-",
        "--",
        "---",
        " --- ",
        "/",
        "//",
        "..",
        "://",
        "%",
        "%post",
        "\n%post\n",
        "\nreboot\n",
        "\nkernel=x\n",
        "kernel=",
        "{",
        "}",
        "{0}",
        "{base}",
        "*",
        "?",
        "[",
        "!",
        "~",
        "(",
        ")",
        "include",
        "\nrun x\n",
    ]
)
LINES = st.sampled_from(["a", " %post", "%post", "%postfix", "includes=1", "include x", "  include x", "%end", "", "%pre --interpreter=busybox", "\r"])
IN_URL = st.text(st.sampled_from("ab/&;$()*!,~%"), max_size=5)
TEXT = st.one_of(st.lists(SIGNS, max_size=6).map("".join), st.text(max_size=10))


def some(**harmless: Any) -> Any:
    """Values of which one or two are any text, so that the others don't keep it from being written."""
    places = st.lists(st.sampled_from(sorted(harmless)), min_size=1, max_size=2, unique=True)
    return places.flatmap(lambda names: st.fixed_dictionaries({key: TEXT if key in names else st.just(value) for key, value in harmless.items()}))


@contextlib.contextmanager
def may_be_refused() -> Iterator[None]:
    """With a sentence, and with nothing else."""
    with contextlib.suppress(VirtnetError):
        yield


@LONG
@given(some(keyboard="US Default", name="data", disk="naa.1", first="local", second="usb", host="esx1"))
def test_a_ks_cfg(values: dict[str, str]) -> None:
    """Each value is one word of its own line."""
    keyboard, name, disk, host = (values[key] for key in ("keyboard", "name", "disk", "host"))
    filters = [values["first"], values["second"]]
    model: dict[str, Any] = {"keyboard": keyboard, "install": {"firstdisk": filters}, "part": [{"name": name, "ondisk": disk}], "include": [name]}
    model["network"] = {"hostname": host, "device": disk}
    with may_be_refused():
        lines = render(model).decode("utf-8").split("\n")
        # As the installer: each line by shlex.
        words = [shlex.split(line, comments=True) for line in lines]
        assert words == [
            ["install", "--firstdisk=" + ",".join(filters)],
            ["part", name, f"--ondisk={disk}"],
            ["network", f"--device={disk}", f"--hostname={host}"],
            ["keyboard", keyboard],
            ["%include", name],
            [],
        ]


@LONG
@given(st.lists(TEXT | st.lists(LINES, max_size=4).map("\n".join), min_size=1, max_size=2))
def test_scripts_of_a_ks_cfg(scripts: list[str]) -> None:
    """None ends before its end, and none begins a section of its own. Judged by what ends one: a line that begins with a section's name."""
    with may_be_refused():
        text = render({"reboot": True, "post": [{"script": each} for each in scripts]}).decode("utf-8")
        ends = re.compile("(?:%post|%pre|%packages|%vmlicense_text|%firstboot|%include|include)")
        begins = [number for number, line in enumerate(text.split("\n")) if ends.match(line)]
        assert len(begins) == len(scripts)
        bodies = ["\n".join(part) for part in _split(text.split("\n"), begins)]
        assert [re.sub("\r+\n", "\n", each).rstrip("\r\n") for each in scripts] == [each.rstrip("\r\n") for each in bodies]


def _split(lines: list[str], begins: list[int]) -> Iterator[list[str]]:
    for at, number in enumerate(begins):
        yield lines[number + 1 : begins[at + 1] if at + 1 < len(begins) else len(lines)]


def keys(data: bytes) -> dict[str, bytes]:
    """A boot.cfg as its reader takes it: runs of blanks count as one, the last line of a key counts. Only whole keys here."""
    found: dict[str, bytes] = {}
    for line in data.split(b"\n"):
        merged = b" ".join(line.split(b"\x00")[0].split())
        name, equals, value = merged.partition(b"=")
        assert equals or not merged, merged
        if merged:
            found[name.decode()] = value.strip(b" ")
    return found


MEDIUM = b"bootstate=0\ntitle=T\ntimeout=5\nprefix=\nkernel=/k\nkernelopt=runweasel\nmodules=/a --- /b x=1\nbuild=8.0.3-0.0.24022510\nupdated=0\n"


@LONG
@given(some(title="ESXi", prefix="/x", option="vlanid", value="7", module="/c.v00"), st.booleans())
def test_a_boot_cfg(values: dict[str, str], bare: bool) -> None:
    """Each value is in its line, as one word where it is to be one, and no other key changes."""
    title, prefix, option, module = (values[key] for key in ("title", "prefix", "option", "module"))
    value = None if bare else values["value"]
    with may_be_refused():
        after = keys(apply(MEDIUM, Edit({option: value}, (), (module,), (), False, prefix, title)))
        before = keys(MEDIUM)
        changed = {"title", "prefix", "kernelopt", "modules"}
        assert {key: each for key, each in after.items() if key not in changed} == {key: each for key, each in before.items() if key not in changed}
        assert after["title"] == b" ".join(title.encode().split()) and after["prefix"] == prefix.strip().rstrip("/").encode()
        word = option if value is None else f"{option}={value}"
        assert after["kernelopt"] in (b"runweasel " + word.encode(), word.encode()) and (after["kernelopt"] != word.encode() or option == "runweasel")
        loaded = [b" ".join(each.split()) for each in after["modules"].split(b"---")]
        wanted = b" ".join(module.encode().split())
        assert wanted in loaded and [each for each in loaded if each != wanted] in ([b"/a", b"/b x=1"], [b"/a"], [b"/b x=1"])


@LONG
@given(TEXT, TEXT)
def test_menus(root: str, base: str) -> None:
    """Split at blanks as PXELINUX and iPXE do it, a line has the words that it has for a harmless name."""
    makers: Any = ((lambda text: media_menu.pxelinux(text, "01-x/"), root), (lambda text: media_menu.ipxe(text, True), base))
    for make, name in (*makers, (lambda text: media_menu.ipxe(text, False), base)):
        with may_be_refused():
            lines, harmless = make(name).split("\n"), make("http://h/x").split("\n")
            assert [re.sub(r"\S*" + re.escape("http://h/x"), name, line).split() for line in harmless] == [line.split() for line in lines]
            assert not re.search(r"[{}\\'\"#]", name) and [line.split() for line in make(name).splitlines()] == [line.split() for line in lines[:-1]]


@LONG
@given(TEXT, TEXT)
def test_urls_and_paths_of_media(text: str, tail: str) -> None:
    """What passes the options may stand in menus, in boot.cfg and in the kernel's options."""
    base: dict[str, Any] = {"format": "ipxe", "base_url": f"http://h/{text}{tail}", "hosts": [{"name": "a", "ks_url": f"http://h/{text}"}]}
    with may_be_refused():
        media_spec.check(base)
        media_menu.ipxe(base["base_url"], True)
        after = keys(apply(MEDIUM, Edit({"ks": base["hosts"][0]["ks_url"]}, (), (), (), True, base["base_url"])))
        assert after["kernelopt"].split(b" ") == [b"runweasel", f"ks=http://h/{text}".encode()] and after["prefix"] == base["base_url"].rstrip("/").encode()
    with may_be_refused():
        media_spec.check({"format": "pxe", "tftp_path": text})
        media_menu.pxelinux(media_spec.pxe_root({"tftp_path": text}) or "", "01-52-54-00-00-00-01/")


@LONG
@given(TEXT.filter(bool), TEXT.filter(bool))
def test_a_script_of_esxcli(switch: str, group: str) -> None:
    """Each name is one word of one command, and there is no other command."""
    security = {"promiscuous": "reject", "mac_changes": "accept", "forged_transmits": "reject"}
    document = [{"name": switch, "security": security, "port_groups": [{"name": group, "security": security}]}]
    with may_be_refused():
        script = render_policy(document, {switch: [group]}).script
        harmless = render_policy([{"name": "s", "security": security, "port_groups": [{"name": "g", "security": security}]}], {"s": ["g"]}).script
        assert [words_of(line) for line in script.split("\n")] == [
            [NAMES.get(word, word) + {"--vswitch-name=s": switch, "--portgroup-name=g": group}.get(word, "") for word in words_of(line)]
            for line in harmless.split("\n")
        ]


NAMES = {"--vswitch-name=s": "--vswitch-name=", "--portgroup-name=g": "--portgroup-name="}


def words_of(line: str) -> list[str]:
    """Of a command, as the shell splits it; other lines are constant."""
    return shell(line) if line.startswith("run esxcli") else [line]


def shell(line: str) -> list[str]:
    """Words and operators. What is not in quotes must not be filled in."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", line)
    assert not re.search(r"[$`*?\[~#\\{]", bare), bare
    return list(lexer)


@LONG
@given(TEXT, st.lists(IN_URL | TEXT, max_size=2))
def test_a_script_for_drivers(name: str, urls: list[str]) -> None:
    """The name of a bundle and the URLs below which it is are words of one command."""
    answer = {"path": f"/d/{name}", "sha256": "0" * 64, "vibs": [{"live_install": True}]}
    with may_be_refused():
        script = drivers_of(answer, [f"http://h/{each}" for each in urls])
        harmless = drivers_of({**answer, "path": "/d/x"}, ["http://h/"] * len(urls))
        lines = [line for line in script.split("\n") if line.startswith("get 01.ZIP")]
        assert len(lines) == 1 and [line for line in script.split("\n") if line not in lines] == [
            line for line in harmless.split("\n") if not line.startswith("get 01.ZIP")
        ]
        words = shell(lines[0])
        assert words[:4] == ["get", "01.ZIP", "/tmp/virtnet-driver-01.zip", "0" * 64] and words[4 + len(urls)] == "&&"
        assert all(re.fullmatch(r"http://h.*/drivers/[!-~]*", word) for word in words[4 : 4 + len(urls)])


def drivers_of(answer: dict[str, Any], urls: list[str]) -> str:
    """The script for one bundle."""
    return driver_script.render(driver_script.drivers([answer], EsxiVersion(8, 0)), urls)


def test_what_is_refused_is_said() -> None:
    """Not every text: a name with a blank is one word of a ks.cfg, and a URL with one is none."""
    assert b'keyboard "a b"\n' in render({"keyboard": "a b"})
    for call in (lambda: media_menu.ipxe("http://h/a b", True), lambda: media_menu.pxelinux("/x${y}/", ""), lambda: render({"keyboard": "a\nreboot"})):
        with contextlib.suppress(InputError):
            call()
            raise AssertionError("not refused")
