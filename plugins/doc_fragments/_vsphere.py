# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection.
# Must be kept in sync with _ansible/session.py, _ansible/fleet.py, _vsphere/session/dep.py and _vsphere/host/select.py in plugins/module_utils.
"""The options that the modules for vSphere share."""

from __future__ import annotations


class ModuleDocFragment:
    """The session with a vCenter or ESXi host."""

    DOCUMENTATION = r"""
options:
  hostname:
    description:
      - Name or address of the vCenter or of a standalone ESXi host.
      - The name or address alone. A URL, as in V(https://vcenter.example.com/sdk), a path and a port are refused; the port is O(port).
      - If it is not given, the environment variable E(VMWARE_HOST) is used.
    type: str
  username:
    description:
      - The user.
      - If it is not given, the environment variable E(VMWARE_USER) is used.
    type: str
    aliases: [admin, user]
  password:
    description:
      - The user's password. It is shown nowhere.
      - If it is not given, the environment variable E(VMWARE_PASSWORD) is used.
    type: str
    aliases: [pass, pwd]
  validate_certs:
    description:
      - >-
        Whether the server's certificate must be signed by an authority that the host which runs the module trusts, and name O(hostname).
        Another file of authorities is used with the environment variable E(SSL_CERT_FILE).
      - With V(false) anybody on the way can take the password.
      - If it is not given, the environment variable E(VMWARE_VALIDATE_CERTS) is used.
    type: bool
    default: true
  port:
    description:
      - The TCP port, 1 to 65535.
      - If it is not given, the environment variable E(VMWARE_PORT) is used.
    type: int
    default: 443
  proxy_host:
    description:
      - Name or address of an HTTP proxy through which the connection goes, by its method CONNECT and without a login at the proxy.
      - The name or address alone, as with O(hostname); the port is O(proxy_port). A proxy that makes no way to the server is named in the error.
      - If it is not given, the environment variable E(VMWARE_PROXY_HOST) is used.
    type: str
  proxy_port:
    description:
      - The proxy's TCP port, 1 to 65535. Needed with O(proxy_host).
      - If it is not given, the environment variable E(VMWARE_PROXY_PORT) is used.
    type: int
  timeout:
    description: Seconds, at least 1, within which the server must begin to answer a call, and within which a task that a call starts must end.
    type: int
    default: 60
requirements:
  - Python 3.8 or later on the host that runs the module, which is usually the control node (C(connection=local) or C(delegate_to=localhost))
  - pyVmomi 8.0.0.1 or later there (C(pyvmomi) on PyPI; distributions may have an older one)
notes:
  - >-
    Options have the names, aliases and environment variables of the modules in C(community.vmware), so that the credential type "VMware vCenter" of AWX and
    Ansible Automation Platform works as it is. Options that tasks have in common can be set once with C(module_defaults) and the action group
    C(virtnet.hardening.vsphere).
  - Names of objects are case sensitive.
attributes:
  action_group:
    description: Use C(group/virtnet.hardening.vsphere) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - virtnet.hardening.vsphere
"""

    # The choice of hosts.
    HOSTS = r"""
options:
  esxi_hostname:
    description:
      - The one host that is meant, by its name in the inventory of vCenter.
      - >-
        Exactly one of O(esxi_hostname), O(esxi_hostnames), O(cluster_name) and O(all_hosts=true) chooses the hosts, or O(datacenter) alone.
    type: str
  esxi_hostnames:
    description: Names of the hosts that are meant, at least one.
    type: list
    elements: str
  cluster_name:
    description:
      - The cluster whose hosts are meant.
      - With clusters of that name in two datacenters O(datacenter) is needed too.
    type: str
  datacenter:
    description: Alone, the datacenter whose hosts are meant; else it narrows the other choice to that datacenter.
    type: str
    aliases: [datacenter_name]
  all_hosts:
    description: All hosts of the inventory. This is the way to mean the one host of a standalone ESXi.
    type: bool
    default: false
"""

    # How many targets are changed.
    FLEET = r"""
options:
  parallel:
    description: How many calls that change something may be under way at the same time, at least 1. The calls of one host come one after the other.
    type: int
    default: 8
  ignore_unreachable_hosts:
    description: >-
      Whether hosts that are disconnected from vCenter or don't respond to it may be left out. They are named in a warning, and in RV(unreachable_hosts).
      vCenter's word for the state decides, when the task reads the host, also if it went away between two reads. Other failures make the task fail all
      the same, a missing privilege among them, as does a host that is lost while it is changed.
    type: bool
    default: false
  allow_management:
    description:
      - >-
        Allow a change that can cut the connections of a host itself: to delete a switch or port group that carries one of its virtual adapters
        (vmk0 and so on), to change the VLAN of such a group, to take from it the last of the uplinks with a link that it uses now, and to lower a switch's MTU
        below that of such an adapter.
      - Without it such a change is refused before anything is written to that host, in check mode too, and the host's RV(error_code) is V(management).
      - There is no automatic way back, other than what ESXi itself does when it loses its vCenter.
    type: bool
    default: false
  details:
    description: >-
      Of which hosts the result tells everything. With V(changed) a host that neither failed nor changed has C(changed), C(failed), C(unreachable),
      C(verified) and C(msg) only, so that the failure of one among many can be found. What is true of all of them is in RV(msg), first.
    type: str
    choices: [changed, all]
    default: changed
    version_added: 0.5.0
"""
