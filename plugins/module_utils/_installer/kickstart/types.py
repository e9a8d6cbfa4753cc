# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a row of the table of kickstart commands can say. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

# Types of values. flag: none. filters: a comma list that may be left out. zero_one and true_false: how the installer writes a boolean.
TYPES = (
    "flag",
    "str",
    "list",
    "filters",
    "int",
    "zero_one",
    "true_false",
    "ipv4",
    "ipv4_list",
    "netmask",
    "hostname",
    "vlan",
    "license",
    "choice",
    "device",
    "disk",
    "disks",
)
# Types whose values are lists, and those at which the installer stops if the value is none of them.
LISTS = ("list", "filters", "ipv4_list", "disks")
DISKS = ("disk", "disks")
# How often a command may stand in a file: the last one wins (with a warning), a second one stops the installer, or each counts.
LAST, ONCE, MANY = "last", "once", "many"
# deprecated: a warning, and the line does nothing. no effect: taken without a word, and nothing comes of it. refused: it stops the installer.
OPTIONAL, REQUIRED, DEPRECATED, NO_EFFECT, REFUSED = "optional", "required", "deprecated", "no effect", "refused"
# Shapes of options of the module: true or false; one word, which is the argument or else the value of the one option; a dictionary of the options; the
# same with a script. With MANY it is a list of these.
SWITCH, WORD, OPTIONS, SECTION = "switch", "word", "options", "section"


@dataclass(frozen=True)
class Option:
    """An option of a command. C(conflicts) stop the installer; C(unchecked) are documented conflicts that it lets pass."""

    name: str
    type: str = "flag"
    text: str = ""
    choices: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    alias: str = ""
    default: str = ""
    since: str = ""
    until: str = ""
    stops: bool = False
    status: str = OPTIONAL
    # An option of the module by itself, beside that of its command.
    key: str = ""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"{self.name}: type {self.type} is none of {', '.join(TYPES)}")

    @property
    def takes_value(self) -> bool:
        """All but flags."""
        return self.type != "flag"

    @property
    def field(self) -> str:
        """The name in a model: C(--diskBootedFrom) is C(diskbootedfrom)."""
        return self.name.lstrip("-").lower()


@dataclass(frozen=True)
class Argument:
    """The word of a command that is no option. C(last): it must be the last word, otherwise the first one. C(hash): what is written of it is a hash only,
    with the command's options, which say that it is one."""

    name: str
    last: bool = True
    text: str = ""
    hash: bool = False


@dataclass(frozen=True)
class Command:
    """A command, or with C(SECTION) a section that runs to the next line that begins with a section's name."""

    name: str
    text: str = ""
    aliases: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    argument: Argument | None = None
    repeat: str = LAST
    status: str = OPTIONAL
    requires: str = ""
    # Commands with which it is void: upgrade makes rootpw, network and others invalid.
    void_with: tuple[str, ...] = ()
    needs_one_of: tuple[str, ...] = ()
    # What it is as an option of the module, and that option's name, which is a key of a model too. It is the command's own unless it is given. A model can't
    # have a command without a shape.
    shape: str = ""
    key: str = ""
    # Its words are never shown.
    secret: bool = False
    # What follows its name where somebody put it into a script by mistake, as a regular expression; None where a shell may have such a line.
    in_script: str | None = None
    since: str = ""
    until: str = ""
    by_name: dict[str, Option] = field(init=False, compare=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({option.name: option for option in self.options})
        if self.shape and not self.key:
            object.__setattr__(self, "key", self.name.lstrip("%"))

    @property
    def many(self) -> bool:
        """Whether each of several counts."""
        return self.repeat == MANY

    @property
    def script(self) -> bool:
        """Whether lines of a script follow."""
        return self.shape == SECTION

    def option(self, name: str) -> Option | None:
        """By its name as written (the installer minds the case), aliases resolved."""
        found = self.by_name.get(name)
        return self.by_name.get(found.alias, found) if found is not None and found.alias else found
