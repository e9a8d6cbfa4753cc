// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

const (
	maxGroupVLAN = 4095
	// What a standard switch of ESXi 8 has when it was made with 128 ports, as captured in govmomi's template.
	runtimePorts = 1536
)

// teamings are the load balancing policies of a standard switch (HostNicTeamingPolicy.policy).
var teamings = []string{"", "loadbalance_ip", "loadbalance_srcmac", "loadbalance_srcid", "failover_explicit"}

func (n *network) group(name string) *types.HostPortGroup {
	for i := range n.Portgroup {
		if n.Portgroup[i].Spec.Name == name {
			return &n.Portgroup[i]
		}
	}
	return nil
}

// addGroup is AddPortGroup.
func (n *network) addGroup(spec types.HostPortGroupSpec) types.BaseMethodFault {
	if n.group(spec.Name) != nil {
		return &types.AlreadyExists{Name: spec.Name}
	}
	if fault := n.checkGroup(spec); fault != nil {
		return fault
	}
	n.Portgroup = append(n.Portgroup, types.HostPortGroup{Key: groupKey(spec.Name), Spec: wholeGroup(spec)})
	return nil
}

// updateGroup is UpdatePortGroup: the spec replaces the group's, so that what is not set in its policy is inherited.
func (n *network) updateGroup(name string, spec types.HostPortGroupSpec) types.BaseMethodFault {
	group := n.group(name)
	if group == nil {
		return new(types.NotFound)
	}
	if spec.Name != name && n.group(spec.Name) != nil {
		return &types.AlreadyExists{Name: spec.Name}
	}
	if fault := n.checkGroup(spec); fault != nil {
		return fault
	}
	for i := range n.Vnic {
		if n.Vnic[i].Portgroup == name {
			n.Vnic[i].Portgroup, n.Vnic[i].Spec.Portgroup = spec.Name, spec.Name
		}
	}
	group.Key, group.Spec = groupKey(spec.Name), wholeGroup(spec)
	return nil
}

// removeGroup is RemovePortGroup.
func (n *network) removeGroup(name string) types.BaseMethodFault {
	if n.group(name) == nil {
		return new(types.NotFound)
	}
	if n.inUse(name) != "" {
		return &types.ResourceInUse{Type: "HostPortGroup", Name: name}
	}
	n.Portgroup = slices.DeleteFunc(n.Portgroup, func(each types.HostPortGroup) bool { return each.Spec.Name == name })
	return nil
}

func groupKey(name string) string { return "key-vim.host.PortGroup-" + name }

func (n *network) checkGroup(spec types.HostPortGroupSpec) types.BaseMethodFault {
	if spec.Name == "" {
		return invalid("portgrp.name")
	}
	vswitch := n.vswitch(spec.VswitchName)
	if vswitch == nil {
		return new(types.NotFound)
	}
	if spec.VlanId < 0 || spec.VlanId > maxGroupVLAN {
		return invalid("portgrp.vlanId")
	}
	return checkPolicy("portgrp.policy", &spec.Policy, devices(vswitch.Spec.Bridge), beacon(vswitch.Spec.Bridge))
}

// checkPolicy refuses a policy that the switch with these adapters can't have.
func checkPolicy(path string, policy *types.HostNetworkPolicy, nics []string, beacon bool) types.BaseMethodFault {
	teaming := policy.NicTeaming
	if teaming == nil {
		return nil
	}
	if !slices.Contains(teamings, teaming.Policy) {
		return invalid(path + ".nicTeaming.policy")
	}
	// "Attempting to set checkBeacon on a PortGroup or VirtualSwitch that does not have beacon probing configured ... results in an error."
	if teaming.FailureCriteria != nil && teaming.FailureCriteria.CheckBeacon != nil && *teaming.FailureCriteria.CheckBeacon && !beacon {
		return invalid(path + ".nicTeaming.failureCriteria.checkBeacon")
	}
	if teaming.NicOrder == nil {
		return nil
	}
	order := append(slices.Clone(teaming.NicOrder.ActiveNic), teaming.NicOrder.StandbyNic...)
	for i, nic := range order {
		// "It cannot be in both lists."
		if !slices.Contains(nics, nic) || slices.Contains(order[:i], nic) {
			return invalid(path + ".nicTeaming.nicOrder")
		}
	}
	return nil
}

// wholeGroup has each group of policies that a host supports, empty where all of it is inherited, as ESXi shows them.
func wholeGroup(spec types.HostPortGroupSpec) types.HostPortGroupSpec {
	spec.Policy = overlay(types.HostNetworkPolicy{
		Security:      &types.HostNetworkSecurityPolicy{},
		NicTeaming:    &types.HostNicTeamingPolicy{FailureCriteria: &types.HostNicFailureCriteria{}},
		OffloadPolicy: &types.HostNetOffloadCapabilities{},
		ShapingPolicy: &types.HostNetworkTrafficShapingPolicy{},
	}, spec.Policy)
	return spec
}

// derive fills in what follows from the specs: policies in effect, links between switches, groups and adapters, ports.
func (n *network) derive() {
	for i := range n.Vswitch {
		vswitch := &n.Vswitch[i]
		vswitch.NumPorts, vswitch.Portgroup, vswitch.Pnic = runtimePorts, nil, nil
		vswitch.Mtu = vswitch.Spec.Mtu
		if vswitch.Mtu == 0 {
			vswitch.Mtu = defaultMTU
		}
		for _, nic := range devices(vswitch.Spec.Bridge) {
			vswitch.Pnic = append(vswitch.Pnic, nicKey(nic))
		}
		used := len(vswitch.Pnic)
		for j := range n.Portgroup {
			group := &n.Portgroup[j]
			if group.Spec.VswitchName != vswitch.Name {
				continue
			}
			group.Vswitch = vswitch.Key
			group.ComputedPolicy = overlay(*vswitch.Spec.Policy, group.Spec.Policy)
			group.Port = n.ports(group.Spec.Name)
			used += len(group.Port)
			vswitch.Portgroup = append(vswitch.Portgroup, group.Key)
		}
		vswitch.NumPortsAvailable = int32(runtimePorts - used)
	}
}
