# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""THE table of kickstart commands: options, values, conflicts and releases.

Sources: the scripted installation chapters of the vSphere 5.5 to 8.0 and ESX 9 documentation; what the installer of 6.7 and 7.0 was seen
to do. C(since) is empty where an option is there from 6.5 on, or where no release is documented (then C(text) says so).
"""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import (
    DEPRECATED,
    MANY,
    NO_EFFECT,
    ONCE,
    OPTIONS,
    REFUSED,
    REQUIRED,
    SECTION,
    SWITCH,
    WORD,
    Argument,
    Command,
    Option,
)

INSTALLS = ("install", "installorupgrade", "upgrade")
DISK_KEYWORDS = ("local", "localesx", "remote", "remoteesx", "esx", "usb")
MAX_COMMANDS = 256
KEYBOARDS = (
    "Belgian",
    "Brazilian",
    "Croatian",
    "Czechoslovakian",
    "Danish",
    "Estonian",
    "Finnish",
    "French",
    "German",
    "Greek",
    "Icelandic",
    "Italian",
    "Japanese",
    "Latin American",
    "Norwegian",
    "Polish",
    "Portuguese",
    "Russian",
    "Slovenian",
    "Spanish",
    "Swedish",
    "Swiss French",
    "Swiss German",
    "Turkish",
    "Ukrainian",
    "United Kingdom",
    "US Default",
    "US Dvorak",
)
_FILTERS = "keywords local, localesx, remote, remoteesx, esx, usb, or exactly the vendor, model or driver of a disk; the first that matches wins"


def _disk(*more_conflicts: str) -> tuple[Option, ...]:
    conflicts = ("--firstdisk", *more_conflicts)
    return (
        Option("--disk", "disk", "the disk by its name (naa., eui., t10., uuid., mpx., vml.) or path", conflicts=conflicts, stops=True),
        Option("--drive", "disk", "another spelling of --disk", alias="--disk", conflicts=conflicts, stops=True),
    )


def _first(default: str, *conflicts: str) -> Option:
    return Option("--firstdisk", "filters", f"the first disk that fits: {_FILTERS}", conflicts=conflicts, default=default, stops=True)


_PREREQ = (
    Option("--ignoreprereqwarnings", text="go on after warnings of the checks of the hardware"),
    Option("--ignoreprereqerrors", text="go on after errors of the checks of the hardware"),
)
_OVERWRITEVMFS = Option("--overwritevmfs", text="a VMFS datastore on the disk is lost")
_OVERWRITEVSAN = Option("--overwritevsan", text="needed if the disk is in a vSAN disk group, whose data is lost; an error if it is in none")
_FORCEMIGRATE = Option("--forcemigrate", text="upgrade although installed packages have no successor")
_SYSTEM_DISK = "with a USB or SD boot device, the local disk for ESX-OSData (documented for 7.0 and later, first release unknown)"
# No shell has a command of that name with such an option.
_DASHES = r"[ \t]+--"
_OLD_SOURCE = (Option("--server", status=DEPRECATED), Option("--dir", status=DEPRECATED))

INSTALL = Command(
    "install",
    "A fresh installation.",
    shape=OPTIONS,
    in_script=_DASHES,
    repeat=ONCE,
    needs_one_of=("--disk", "--firstdisk"),
    options=(
        *_disk("--ignoressd"),
        _first("local,remote,usb", "--disk"),
        Option("--ignoressd", text="leave out SSDs", conflicts=("--disk",), requires=("--firstdisk",)),
        Option("--overwritevmfs", text=_OVERWRITEVMFS.text, unchecked=("--preservevmfs",)),
        Option("--preservevmfs", text="a VMFS datastore on the disk is kept"),
        Option("--novmfsondisk", text="no VMFS datastore is made on the disk; with an existing one --overwritevmfs is needed", unchecked=("--preservevmfs",)),
        _OVERWRITEVSAN,
        *_PREREQ,
        Option("--systemdisk", "disk", _SYSTEM_DISK, since="7.0"),
        Option("--systemDisk", "disk", "another spelling of --systemdisk, both are documented", alias="--systemdisk", since="7.0"),
        Option("--repartitionsystemdisk", text="overwrite the disk of --systemdisk if it is not empty", requires=("--systemdisk",), since="7.0"),
        Option("--forceunsupportedinstall", text="install on a CPU that this release no longer supports (first release unknown)", since="7.0"),
        Option("--dpupcislots", "list", "PCI slots of the DPUs on which ESXi is installed too", since="8.0"),
        *_OLD_SOURCE,
    ),
)
INSTALLORUPGRADE = Command(
    "installorupgrade",
    "An upgrade where there is an ESXi on the disk, otherwise an installation.",
    shape=OPTIONS,
    in_script="",
    repeat=ONCE,
    needs_one_of=("--disk", "--firstdisk"),
    options=(
        *_disk(),
        _first("local,remote,usb", "--disk"),
        _OVERWRITEVMFS,
        _OVERWRITEVSAN,
        *_PREREQ,
        _FORCEMIGRATE,
        Option("--ignoressd", status=REFUSED),
        *_OLD_SOURCE,
    ),
)
UPGRADE = Command(
    "upgrade",
    "An upgrade of the ESXi on the disk, 6.0 or later.",
    shape=OPTIONS,
    repeat=ONCE,
    needs_one_of=("--disk", "--firstdisk", "--diskBootedFrom"),
    options=(
        *_disk("--diskBootedFrom"),
        _first("local,remote,usb", "--disk", "--diskBootedFrom"),
        Option("--diskBootedFrom", text="the disk from which the host was booted", conflicts=("--disk", "--firstdisk")),
        Option("--overwritevmfs", status=NO_EFFECT),
        Option("--savebootbank", "str", "UUID of the boot bank to save", stops=True),
        Option("--deletecosvmdk", text="delete the disk of the service console of ESX 4"),
        *_PREREQ,
        _FORCEMIGRATE,
    ),
)
CLEARPART = Command(
    "clearpart",
    "Removes the partitions of disks.",
    shape=OPTIONS,
    in_script="",
    repeat=MANY,
    requires="install",
    void_with=("upgrade",),
    needs_one_of=("--alldrives", "--drives", "--ignoredrives", "--firstdisk"),
    options=(
        Option("--drives", "disks", "the disks", conflicts=("--ignoredrives", "--alldrives", "--firstdisk"), stops=True),
        Option("--alldrives", text="every disk", conflicts=("--drives", "--firstdisk"), unchecked=("--ignoredrives",)),
        Option("--ignoredrives", "disks", "every disk but these", conflicts=("--drives", "--firstdisk")),
        _first("local,remote", "--alldrives", "--drives", "--ignoredrives"),
        Option("--overwritevmfs", text="VMFS datastores on the disks are lost; without it a disk with one stops the installer"),
        Option("--all", status=NO_EFFECT),
        Option("--initlabel", status=DEPRECATED),
    ),
)
NETWORK = Command(
    "network",
    "The network of the installed host. Without it: DHCP.",
    shape=OPTIONS,
    in_script=_DASHES,
    void_with=("upgrade",),
    options=(
        Option("--bootproto", "choice", "without it dhcp", choices=("dhcp", "static")),
        Option("--device", "device", "vmnicN or a MAC address; without it the NIC that the host booted from", stops=True),
        Option("--ip", "ipv4", "needed with static, an error with dhcp", stops=True),
        Option("--netmask", "netmask", "an error with dhcp; guessed from the class of the address if missing", stops=True),
        Option("--gateway", "ipv4", "an error with dhcp, guessed if missing; must be in the network of the address", stops=True),
        Option("--nameserver", "ipv4_list", "one or two addresses; ignored with dhcp", stops=True),
        Option("--hostname", "hostname", "ignored with dhcp", stops=True),
        Option("--vlanid", "vlan", "0 to 4095", stops=True),
        Option("--addvmportgroup", "zero_one", "whether the port group VM Network is made; it is unless this is 0"),
        Option("--nodns", status=NO_EFFECT),
    ),
)
PART = Command(
    "part",
    "Makes a VMFS datastore on a disk that is empty or cleared, and not the one of install.",
    shape=OPTIONS,
    aliases=("partition",),
    repeat=MANY,
    requires="install",
    void_with=("upgrade",),
    argument=Argument("name", last=False, text="the datastore"),
    needs_one_of=("--ondisk", "--onfirstdisk"),
    options=(
        Option("--ondisk", "disk", "the disk", conflicts=("--onfirstdisk",), stops=True),
        Option("--ondrive", "disk", "another spelling of --ondisk", alias="--ondisk", conflicts=("--onfirstdisk",), stops=True),
        Option("--onfirstdisk", "filters", f"the first disk that fits: {_FILTERS}", conflicts=("--ondisk",), default="local,remote", stops=True),
        *(Option(name, "str" if name != "--grow" else "flag", status=DEPRECATED) for name in ("--size", "--maxsize", "--fstype", "--grow")),
    ),
)
ROOTPW = Command(
    "rootpw",
    "The password of root.",
    key="root_password_hash",
    shape=WORD,
    secret=True,
    in_script="",
    status=REQUIRED,
    void_with=("upgrade",),
    argument=Argument("password", hash=True),
    options=(Option("--iscrypted", text="the password is a hash: $6$ with a salt of at most 16 characters and no rounds=, $1$, or 13 characters of DES"),),
)
_INTERPRETER = Option("--interpreter", "choice", "busybox unless it is python", choices=("busybox", "python"), stops=True)

TABLE: tuple[Command, ...] = (
    Command("vmaccepteula", "Accepts the licence agreement.", key="accepteula", shape=SWITCH, in_script="", aliases=("accepteula",), status=REQUIRED),
    ROOTPW,
    INSTALL,
    INSTALLORUPGRADE,
    UPGRADE,
    CLEARPART,
    PART,
    NETWORK,
    Command(
        "keyboard",
        "The layout of the keyboard, in quotes where it has two words.",
        shape=WORD,
        in_script=r"[ \t]",
        void_with=("upgrade",),
        argument=Argument("layout"),
    ),
    Command(
        "vmserialnum",
        "The licence key.",
        key="serialnum",
        shape=WORD,
        secret=True,
        in_script="",
        aliases=("serialnum",),
        void_with=("upgrade",),
        until="9.0",
        options=(Option("--esx", "license", "five groups of five letters and digits", stops=True, status=REQUIRED),),
    ),
    Command("paranoid", "A warning stops the installer.", shape=SWITCH, in_script=""),
    Command("dryrun", "The script is checked and nothing is installed.", shape=SWITCH, in_script=""),
    Command("reboot", "Restarts the host at the end.", shape=SWITCH, options=(Option("--noeject", text="leave the CD in its drive", key="noeject"),)),
    Command("partitionembed", "Partitions as on an embedded ESXi. Undocumented.", requires="install"),
    Command(
        "%include", "Reads another script.", shape=WORD, aliases=("include",), repeat=MANY, argument=Argument("file", text="a URL, or a path on the installer")
    ),
    Command("%pre", "Runs before the rest is read. An exit code other than 0 stops the installer.", shape=SECTION, repeat=MANY, options=(_INTERPRETER,)),
    Command(
        "%post",
        "Runs after the installation.",
        shape=SECTION,
        repeat=MANY,
        options=(
            _INTERPRETER,
            Option("--timeout", "int", "seconds after which the script is ended"),
            Option("--ignorefailure", "true_false", "whether the installation counts as done when the script fails"),
        ),
    ),
    Command("%firstboot", "Runs at the first start of the installed host. Not with UEFI Secure Boot.", shape=SECTION, repeat=MANY, options=(_INTERPRETER,)),
)
_DEPRECATED = (
    "auth authconfig autopart autostep bootloader cmdline device deviceprobe esxlocation firewall firewallport firstboot harddrive ignoredisk"
    " interactive lang langsupport lilo lilocheck logvol mouse raid skipx text timezone virtualdisk vnc volgroup xconfig xdisplay vmlicense"
    " zerombr %packages %vmlicense_text"
).split()
COMMANDS: dict[str, Command] = {command.name: command for command in (*TABLE, *(Command(name, status=DEPRECATED) for name in _DEPRECATED))}
COMMANDS.update({alias: command for command in TABLE for alias in command.aliases})
# What a module and a model have options for, in the order in which they are written.
WRITTEN = tuple(command for command in TABLE if command.key)
SECTIONS = tuple(name for name in COMMANDS if name.startswith("%"))
# What ends a script: a line that begins with one of these, at its first column and whatever follows (%postfix and includes.py too).
SCRIPT_ENDS = (*SECTIONS, *COMMANDS["%include"].aliases)
