// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

// Ranges of the configuration maximums of vSphere 8; the API's documentation gives 1024 ports, of times when a switch did
// not grow by itself.
const (
	maxSwitchName  = 32
	maxSwitchPorts = 4088
	minMTU, maxMTU = 1280, 9000
	defaultMTU     = 1500
)

// defaultSwitchPolicy is the policy of a standard switch that is made without one.
func defaultSwitchPolicy() *types.HostNetworkPolicy {
	yes, no := types.NewBool(true), types.NewBool(false)
	return &types.HostNetworkPolicy{
		Security: &types.HostNetworkSecurityPolicy{AllowPromiscuous: no, MacChanges: yes, ForgedTransmits: yes},
		NicTeaming: &types.HostNicTeamingPolicy{
			Policy: "loadbalance_srcid", ReversePolicy: yes, NotifySwitches: yes, RollingOrder: no,
			FailureCriteria: &types.HostNicFailureCriteria{
				CheckSpeed: "minimum", Speed: 10, CheckDuplex: no, FullDuplex: no, CheckErrorPercent: no, CheckBeacon: no,
			},
			NicOrder: &types.HostNicOrderPolicy{},
		},
		OffloadPolicy: &types.HostNetOffloadCapabilities{CsumOffload: yes, TcpSegmentation: yes, ZeroCopyXmit: yes},
		ShapingPolicy: &types.HostNetworkTrafficShapingPolicy{Enabled: no},
	}
}

// network is a host's network configuration while it is edited. Nothing that a reader has seen is ever changed.
type network struct {
	*types.HostNetworkInfo

	// inUse says what keeps a port group from being removed; empty if nothing does.
	inUse func(group string) string
	ports func(group string) []types.HostPortGroupPort
}

func (n *network) vswitch(name string) *types.HostVirtualSwitch {
	for i := range n.Vswitch {
		if n.Vswitch[i].Name == name {
			return &n.Vswitch[i]
		}
	}
	return nil
}

// addSwitch is AddVirtualSwitch; without a spec everything has its default.
func (n *network) addSwitch(name string, spec *types.HostVirtualSwitchSpec) types.BaseMethodFault {
	if name == "" || len(name) > maxSwitchName {
		return invalid("vswitchName")
	}
	if n.vswitch(name) != nil {
		return &types.AlreadyExists{Name: name}
	}
	if spec == nil {
		spec = &types.HostVirtualSwitchSpec{NumPorts: 128}
	}
	n.Vswitch = append(n.Vswitch, types.HostVirtualSwitch{
		Name: name, Key: "key-vim.host.VirtualSwitch-" + name, Spec: types.HostVirtualSwitchSpec{Policy: defaultSwitchPolicy()},
	})
	if fault := n.updateSwitch(name, *spec); fault != nil {
		n.Vswitch = n.Vswitch[:len(n.Vswitch)-1]
		return fault
	}
	return nil
}

// updateSwitch is UpdateVirtualSwitch. The spec replaces the switch's: "If the bridge is NULL, the configuration will be
// unset". Only the policy has words of its own in the documentation: not set, it "will be unchanged".
func (n *network) updateSwitch(name string, spec types.HostVirtualSwitchSpec) types.BaseMethodFault {
	vswitch := n.vswitch(name)
	if vswitch == nil {
		return new(types.NotFound)
	}
	if spec.NumPorts < 0 || spec.NumPorts > maxSwitchPorts {
		return invalid("spec.numPorts")
	}
	if spec.Mtu != 0 && (spec.Mtu < minMTU || spec.Mtu > maxMTU) {
		return invalid("spec.mtu")
	}
	nics, fault := n.bridged(name, spec.Bridge)
	if fault != nil {
		return fault
	}
	policy := vswitch.Spec.Policy
	if spec.Policy != nil {
		policy = new(types.HostNetworkPolicy)
		*policy = overlay(*vswitch.Spec.Policy, *spec.Policy)
		// An order may still name the adapters that this very call unlinks.
		allowed := append(slices.Clone(nics), devices(vswitch.Spec.Bridge)...)
		if fault := checkPolicy("spec.policy", spec.Policy, allowed, beacon(spec.Bridge)); fault != nil {
			return fault
		}
	}
	policy = clone(policy)
	policy.NicTeaming.NicOrder = switchOrder(spec.Policy, policy.NicTeaming.NicOrder, nics)
	removed := slices.DeleteFunc(slices.Clone(devices(vswitch.Spec.Bridge)), func(nic string) bool { return slices.Contains(nics, nic) })
	vswitch.Spec = types.HostVirtualSwitchSpec{NumPorts: spec.NumPorts, Bridge: clone(spec.Bridge), Policy: policy, Mtu: spec.Mtu}
	n.dropFromGroups(vswitch, removed)
	return nil
}

// switchOrder is the failover order of a switch. One that the spec gives counts; "the NicOrderPolicy can be null, in
// which case the default NicOrderPolicy from the server will be used"; without a policy the order stays, but "if a network
// adapter is removed from the bridge configuration, then the network adapter is removed from the network adapter teaming order".
func switchOrder(spec *types.HostNetworkPolicy, merged *types.HostNicOrderPolicy, nics []string) *types.HostNicOrderPolicy {
	given := spec != nil && spec.NicTeaming != nil && spec.NicTeaming.NicOrder != nil
	if spec != nil && spec.NicTeaming != nil && !given {
		return &types.HostNicOrderPolicy{ActiveNic: slices.Clone(nics)}
	}
	order := clone(merged)
	if order == nil {
		order = new(types.HostNicOrderPolicy)
	}
	gone := func(nic string) bool { return !slices.Contains(nics, nic) }
	order.ActiveNic = slices.DeleteFunc(order.ActiveNic, gone)
	order.StandbyNic = slices.DeleteFunc(order.StandbyNic, gone)
	if given {
		return order
	}
	for _, nic := range nics {
		if !slices.Contains(order.ActiveNic, nic) && !slices.Contains(order.StandbyNic, nic) {
			order.ActiveNic = append(order.ActiveNic, nic)
		}
	}
	return order
}

// dropFromGroups takes adapters that left the bridge out of the orders of the switch's port groups.
func (n *network) dropFromGroups(vswitch *types.HostVirtualSwitch, removed []string) {
	for i := range n.Portgroup {
		group := &n.Portgroup[i]
		if group.Spec.VswitchName != vswitch.Name || group.Spec.Policy.NicTeaming == nil || group.Spec.Policy.NicTeaming.NicOrder == nil {
			continue
		}
		gone := func(nic string) bool { return slices.Contains(removed, nic) }
		order := group.Spec.Policy.NicTeaming.NicOrder
		order.ActiveNic = slices.DeleteFunc(order.ActiveNic, gone)
		order.StandbyNic = slices.DeleteFunc(order.StandbyNic, gone)
	}
}

// bridged checks the bridge of a switch and returns its adapters.
func (n *network) bridged(name string, bridge types.BaseHostVirtualSwitchBridge) ([]string, types.BaseMethodFault) {
	if bridge == nil {
		return nil, nil
	}
	bond, ok := bridge.(*types.HostVirtualSwitchBondBridge)
	if !ok || len(bond.NicDevice) == 0 {
		// "The BondBridge configuration is the only valid bridge configuration for an ESX Server system."
		return nil, invalid("spec.bridge")
	}
	for i, nic := range bond.NicDevice {
		known := slices.ContainsFunc(n.Pnic, func(each types.PhysicalNic) bool { return each.Device == nic })
		if !known || slices.Contains(bond.NicDevice[:i], nic) {
			return nil, invalid("spec.bridge.nicDevice")
		}
		if n.taken(name, nic) {
			return nil, &types.ResourceInUse{Type: "PhysicalNic", Name: nic}
		}
	}
	return bond.NicDevice, nil
}

// taken says whether an adapter belongs to another standard switch or to a distributed one.
func (n *network) taken(vswitch, nic string) bool {
	for i := range n.Vswitch {
		if n.Vswitch[i].Name != vswitch && slices.Contains(devices(n.Vswitch[i].Spec.Bridge), nic) {
			return true
		}
	}
	return slices.ContainsFunc(n.ProxySwitch, func(each types.HostProxySwitch) bool { return slices.Contains(each.Pnic, nicKey(nic)) })
}

func nicKey(nic string) string { return "key-vim.host.PhysicalNic-" + nic }

func devices(bridge types.BaseHostVirtualSwitchBridge) []string {
	if bond, ok := bridge.(*types.HostVirtualSwitchBondBridge); ok {
		return bond.NicDevice
	}
	return nil
}

func beacon(bridge types.BaseHostVirtualSwitchBridge) bool {
	bond, ok := bridge.(*types.HostVirtualSwitchBondBridge)
	return ok && bond.Beacon != nil
}

// removeSwitch is RemoveVirtualSwitch; its port groups go with it.
func (n *network) removeSwitch(name string) types.BaseMethodFault {
	if n.vswitch(name) == nil {
		return new(types.NotFound)
	}
	for i := range n.Portgroup {
		if n.Portgroup[i].Spec.VswitchName == name && n.inUse(n.Portgroup[i].Spec.Name) != "" {
			return &types.ResourceInUse{Type: "HostVirtualSwitch", Name: name}
		}
	}
	n.Portgroup = slices.DeleteFunc(n.Portgroup, func(each types.HostPortGroup) bool { return each.Spec.VswitchName == name })
	n.Vswitch = slices.DeleteFunc(n.Vswitch, func(each types.HostVirtualSwitch) bool { return each.Name == name })
	return nil
}
