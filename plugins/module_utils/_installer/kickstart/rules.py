# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The table of what the check of a ks.cfg can find: how bad it is, what the installer does about it, and what helps. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import SILENT, STOPS, WARNS


@dataclass(frozen=True)
class LintRule:
    """One kind of mistake."""

    name: str
    severity: str
    installer: str
    what: str
    remedy: str


_ROWS = (
    # What can't be read.
    ("encoding", "error", STOPS, "a line is not UTF-8", "Save the file as ASCII."),
    ("byte-order-mark", "error", WARNS, "a byte order mark makes the first command unknown", "Save the file as ASCII without it."),
    ("non-ascii", "warning", WARNS, "a command line has a character that is not ASCII", "Write it in ASCII."),
    ("line-length", "error", SILENT, "a line is too long to be a command", "Give a ks.cfg, or shorten the line."),
    ("file-length", "error", STOPS, "the file has more commands than anybody reads", "Give a ks.cfg; the installer takes 256 commands."),
    ("quote", "error", STOPS, "a quote is not closed, or a backslash ends the file", "Close the quote or leave the backslash out."),
    ("continuation", "error", WARNS, "a backslash at the end of a line does not continue it", "Write the command on one line."),
    ("unquoted-hash", "error", SILENT, "an unquoted # cuts a word off", "Put the word in quotes."),
    ("backslash", "warning", SILENT, "a backslash outside of quotes vanishes", "Put the word in single quotes, or leave the backslash out."),
    ("control-character", "error", SILENT, "a command line has a control character", "Remove it."),
    ("comma-blank", "error", WARNS, "a blank after a comma ends the list", "Leave the blank out or put the list in quotes."),
    # Commands.
    ("unknown-command", "error", WARNS, "a command that the installer does not know is left out", "Correct or remove it."),
    ("deprecated-command", "warning", WARNS, "a command that does nothing any more", "Remove it."),
    ("command-count", "error", STOPS, "more than 256 commands", "Remove commands or put them into a script."),
    ("duplicate-command", "warning", WARNS, "a command stands twice, only the last one counts", "Keep one."),
    ("duplicate-method", "error", STOPS, "install, upgrade or installorupgrade stands twice", "Keep one."),
    ("missing-eula", "error", STOPS, "the licence agreement is not accepted", "Add vmaccepteula."),
    ("missing-rootpw", "error", STOPS, "root gets no password", "Add rootpw --iscrypted with a hash."),
    ("missing-method", "error", STOPS, "it says neither install, installorupgrade nor upgrade", "Add one of them."),
    ("several-methods", "error", STOPS, "it says more than one of install, installorupgrade and upgrade", "Keep one of them."),
    ("needs-install", "error", STOPS, "the command works only together with install", "Remove it, or use install."),
    ("void-with-upgrade", "warning", WARNS, "the command is void with upgrade", "Remove it."),
    ("not-in-version", "error", WARNS, "the release does not know the option", "Remove it, or install a release that does."),
    ("no-longer", "warning", SILENT, "the command has no effect in this release", "Remove it."),
    ("missing-network", "warning", WARNS, "no network command: the host takes DHCP on the NIC that it booted from", "Add network."),
    ("missing-reboot", "warning", SILENT, "no reboot: at the end the installer waits for somebody to press a key", "Add reboot."),
    ("dryrun", "warning", SILENT, "nothing is installed", "Remove dryrun."),
    ("paranoid", "error", STOPS, "paranoid turns the warnings into errors", "Correct them, or remove paranoid."),
    # Options.
    ("unknown-option", "error", WARNS, "an option that the installer does not know is left out", "Correct or remove it; upper and lower case count."),
    ("extra-argument", "error", WARNS, "a word that no option or argument takes", "Remove it, or put words that belong together in quotes."),
    ("missing-argument", "error", STOPS, "the command needs an argument", "Add it."),
    ("argument-order", "warning", WARNS, "the argument is not where the installer expects it", "Put options and argument in order."),
    ("missing-value", "error", WARNS, "an option without its value is left out", "Give the value after =, without blanks."),
    ("unwanted-value", "error", WARNS, "an option that takes no value is left out when it is given one", "Remove = and the value."),
    ("bad-value", "error", STOPS, "a value that the installer refuses", "Correct it."),
    ("ignored-value", "error", WARNS, "a value that the installer does not know, so that the option is left out", "Correct it."),
    ("refused-option", "error", STOPS, "an option at which the installer stops", "Remove it."),
    ("duplicate-option", "warning", WARNS, "an option stands twice, the first one counts", "Keep one."),
    ("duplicate-disk", "error", STOPS, "an option that may stand once stands twice", "Keep one."),
    ("deprecated-option", "warning", WARNS, "an option that does nothing any more", "Remove it."),
    ("no-effect", "info", SILENT, "an option that changes nothing", "Remove it."),
    ("option-conflict", "error", STOPS, "options that exclude each other", "Keep one."),
    ("option-needs", "error", STOPS, "an option without the one that it needs", "Add the other option or remove this one."),
    ("missing-option", "error", STOPS, "the command needs one of some options", "Add it."),
    # Disks.
    ("preserve-and-overwrite", "error", SILENT, "--preservevmfs wins over the option that it excludes", "Decide whether the datastore is kept."),
    ("cleared-and-preserved", "error", SILENT, "clearpart --overwritevmfs destroys what install is to preserve", "Remove clearpart, or --preservevmfs."),
    ("part-disk", "error", STOPS, "part on the disk of install, or twice on one disk", "Give each datastore a disk of its own; install makes one on its disk."),
    ("part-name", "error", SILENT, "two datastores of one name", "Give each a name of its own."),
    ("vmfs-undecided", "info", STOPS, "a datastore on the disk stops the installer", "Decide it: --overwritevmfs or --preservevmfs."),
    ("vmfs-without-esxi", "info", STOPS, "a datastore on a disk without ESXi stops the installer", "Add --overwritevmfs if such a datastore may be lost."),
    ("clearpart-vmfs", "info", STOPS, "clearpart stops at a disk with a datastore", "Add --overwritevmfs if such a datastore may be lost."),
    ("any-first-disk", "warning", SILENT, "what is on the first disk is lost, also if it is a LUN of the network", "Use --firstdisk=local or --disk."),
    ("all-drives", "warning", SILENT, "disks of the network are cleared too", "Name the disks, or use --firstdisk=local."),
    ("disk-filter", "warning", SILENT, "a filter that fits no disk", "Give a keyword, or exactly the vendor, model or driver of a disk."),
    ("filter-order", "warning", SILENT, "a filter after a broader one is never reached", "Put the narrow filter first."),
    # Network.
    ("static-without-ip", "error", STOPS, "static without an address", "Add --ip, --netmask and --gateway."),
    ("static-guess", "warning", WARNS, "the installer guesses what is missing of a static address", "Give --netmask, --gateway, --hostname and --nameserver."),
    ("dhcp-with-address", "error", STOPS, "an address with DHCP", "Add --bootproto=static, or remove the address."),
    ("dhcp-ignores", "warning", WARNS, "DHCP ignores names", "Remove the option, or use --bootproto=static."),
    ("gateway-network", "error", STOPS, "the gateway is not in the network of the address", "Correct --ip, --netmask or --gateway."),
    ("host-address", "error", SILENT, "an address that no host can have there", "Correct it."),
    ("host-name", "warning", SILENT, "a name that tells no host from another", "Give the host a name of its own."),
    ("third-nameserver", "warning", SILENT, "only two name servers are taken", "Give two."),
    # Secrets.
    ("plain-password", "error", SILENT, "the password of root can be read by anybody who gets the file", "Use --iscrypted with a $6$ hash: openssl passwd -6."),
    ("hash-as-password", "error", SILENT, "without --iscrypted the hash itself becomes the password", "Add --iscrypted."),
    ("bad-hash", "error", STOPS, "the installer refuses the hash", "Use a $6$ hash without rounds=: openssl passwd -6."),
    ("weak-hash", "warning", SILENT, "a hash that is cracked within hours", "Use a $6$ hash: openssl passwd -6."),
    ("script-secret", "error", SILENT, "a script carries a password, a hash or a key", "Set it after the installation, over an encrypted connection."),
    ("include-unverified", "warning", SILENT, "what is included is not authenticated, certificates are not checked", "Put the commands into this file."),
    ("include-path", "info", SILENT, "a path without / is looked for at the root of the installer's file system", "Write it with /."),
    # Scripts.
    ("firstboot-secure-boot", "error", SILENT, "%firstboot does not run with UEFI Secure Boot", "Configure the host over its API after the installation."),
    ("firstboot-maybe", "warning", SILENT, "%firstboot does not run with UEFI Secure Boot", "Say whether the host has it, or configure the host over its API."),
    ("script-cut", "error", SILENT, "a script ends where one of its lines begins like a section", "Indent the line."),
    ("lost-line", "error", SILENT, "the installer skips a section that is the last line of the file, after a script", "Add a line after it."),
    ("section-end", "error", SILENT, "%end is no command of the installer and becomes a line of the script", "Remove it."),
    ("command-in-script", "error", SILENT, "a command after a section's name belongs to the script", "Move it before the first section."),
    ("empty-script", "warning", WARNS, "a section without a script", "Remove it."),
    ("interpreter", "warning", SILENT, "Python that busybox would run", "Add --interpreter=python."),
    ("more-findings", "info", SILENT, "of very many findings only the worst ones are listed", "Correct these and check again."),
    ("keyboard", "warning", WARNS, "an unknown layout; the installer takes the default", "Use a known one, in quotes where it has two words."),
)
RULES: dict[str, LintRule] = {row[0]: LintRule(*row) for row in _ROWS}
