# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that nothing in the tree reads, as vulture sees it, and who reads them. An entry that is not needed any more makes no difference: take it out."""

# Ansible, of plugins and of documentation fragments.
ActionModule
FilterModule
LookupModule
ModuleDocFragment
CONTROL_NODE
DOCUMENTATION
EXAMPLES
HOSTS
RETURN
# Python: packages and modules that load late, and the arguments of a context manager's end.
__getattr__
__path__
exception
unused
DiagSocket
NFTSocket
# expat.
CharacterDataHandler
EndElementHandler
EntityDeclHandler
StartDoctypeDeclHandler
StartElementHandler
buffer_text
# pyVmomi's and scapy's objects.
portKey
frag
# By _asdict() into the text of the program.
csum_offset
csum_start
ip_summed
mac_header
# Tests: of the lab's attacks, in which setting one is shown to get through, and what came in.
received
shown_in
