// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"context"
	"fmt"
	"slices"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// Inventory says what there is.
type Inventory struct {
	Kind        string `json:"kind"` // vcenter or esxi
	Datacenters int    `json:"datacenters"`
	Clusters    int    `json:"clusters"` // of each datacenter
	Hosts       int    `json:"hosts"`    // in all
	Groups      int    `json:"groups"`   // standard port groups of each host, beside those of a fresh ESXi
	Machines    int    `json:"vms"`      // of each host
	DVGroups    int    `json:"dv_groups"`
	DVSVersion  string `json:"dvs_version"`
	NSX         bool   `json:"nsx"`
	SameNames   bool   `json:"same_names"` // of clusters, distributed switches and groups, in all datacenters
}

// Check refuses what can't be made.
func (i Inventory) Check() error {
	switch {
	case i.Kind != "vcenter" && i.Kind != "esxi":
		return fmt.Errorf("kind %q is neither vcenter nor esxi", i.Kind)
	case i.Kind == "esxi" && (i.Hosts != 1 || i.Datacenters != 1):
		return fmt.Errorf("an ESXi host is one host, not %d hosts in %d datacenters", i.Hosts, i.Datacenters)
	case i.Datacenters < 1 || i.Datacenters > 9 || i.Clusters < 1 || i.Clusters > 50:
		return fmt.Errorf("%d datacenters with %d clusters each are not possible; 1 to 9, 1 to 50", i.Datacenters, i.Clusters)
	case i.Hosts < i.Datacenters*i.Clusters || i.Hosts > 500:
		return fmt.Errorf("%d hosts are not possible; from one in each cluster to 500", i.Hosts)
	case i.Groups < 0 || i.Groups > 200 || i.Machines < 0 || i.Machines > 20 || i.DVGroups < 0 || i.DVGroups > 200:
		return fmt.Errorf("%d port groups, %d VMs, %d distributed groups are not possible; up to 200, 20, 200", i.Groups, i.Machines, i.DVGroups)
	case !slices.Contains(dvsVersions, i.DVSVersion):
		return fmt.Errorf("version %q of a distributed switch is none of %v", i.DVSVersion, dvsVersions)
	}
	return nil
}

// builder makes the inventory, as a client would wherever the API has a way.
type builder struct {
	Inventory
	lab    *Lab
	ctx    context.Context
	client *vim25.Client
	hosts  int
	vmnet  map[string]*types.VirtualEthernetCardDistributedVirtualPortBackingInfo // by datacenter
}

func (l *Lab) build(inventory Inventory) error {
	ctx := context.Background()
	client, err := vim25.NewClient(ctx, l.model.Service)
	if err != nil {
		return err
	}
	b := &builder{Inventory: inventory, lab: l, ctx: ctx, client: client, vmnet: map[string]*types.VirtualEthernetCardDistributedVirtualPortBackingInfo{}}
	if inventory.Kind == "esxi" {
		return b.standalone()
	}
	for number := 1; number <= b.Datacenters; number++ {
		if err := b.datacenter(number); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) standalone() error {
	host := b.lab.model.Map().Any("HostSystem").(*simulator.HostSystem)
	b.hosts++
	b.prepare(host, host.Name)
	folders, err := object.NewDatacenter(b.client, datacenterOf(b.lab.context(), host).Self).Folders(b.ctx)
	if err != nil {
		return err
	}
	return b.machines(host, folders, "")
}

// suffix tells names of several datacenters apart, unless they are to be ambiguous.
func (b *builder) suffix(number int) string {
	if b.Datacenters == 1 || b.SameNames {
		return ""
	}
	return fmt.Sprintf("-dc%d", number)
}

func (b *builder) datacenter(number int) error {
	name := fmt.Sprintf("dc%d", number)
	datacenter, err := object.NewRootFolder(b.client).CreateDatacenter(b.ctx, name)
	if err != nil {
		return err
	}
	folders, err := datacenter.Folders(b.ctx)
	if err != nil {
		return err
	}
	var hosts []*simulator.HostSystem
	for cluster := 1; cluster <= b.Clusters; cluster++ {
		made, err := b.cluster(folders, fmt.Sprintf("cluster%d%s", cluster, b.suffix(number)), b.share(number, cluster))
		if err != nil {
			return err
		}
		hosts = append(hosts, made...)
	}
	if err := b.distributed(folders, b.suffix(number), name, hosts); err != nil {
		return err
	}
	for _, host := range hosts {
		if err := b.machines(host, folders, name); err != nil {
			return err
		}
	}
	return nil
}

// share is the number of hosts of a cluster: all get the same, the first ones one more.
func (b *builder) share(datacenter, cluster int) int {
	all := b.Datacenters * b.Clusters
	share, place := b.Hosts/all, (datacenter-1)*b.Clusters+cluster
	if place <= b.Hosts%all {
		share++
	}
	return share
}

func (b *builder) cluster(folders *object.DatacenterFolders, name string, hosts int) ([]*simulator.HostSystem, error) {
	cluster, err := folders.HostFolder.CreateCluster(b.ctx, name, types.ClusterConfigSpecEx{})
	if err != nil {
		return nil, err
	}
	var made []*simulator.HostSystem
	for range hosts {
		b.hosts++
		hostName := fmt.Sprintf("esxi%02d.lab.example", b.hosts)
		result, err := b.finish(cluster.AddHost(b.ctx, types.HostConnectSpec{HostName: hostName}, true, nil, nil))
		if err != nil {
			return nil, err
		}
		host := b.lab.model.Map().Get(result.(types.ManagedObjectReference)).(*simulator.HostSystem)
		b.prepare(host, hostName)
		made = append(made, host)
	}
	return made, nil
}

// distributed makes a switch with groups for all hosts of a datacenter, on their adapter vmnic2.
func (b *builder) distributed(folders *object.DatacenterFolders, suffix, datacenter string, hosts []*simulator.HostSystem) error {
	if b.DVGroups == 0 {
		return nil
	}
	product := productSpec(b.DVSVersion)
	if b.NSX {
		product.ForwardingClass = nsxForwarding
	}
	create := types.DVSCreateSpec{ProductInfo: &product, ConfigSpec: &types.VMwareDVSConfigSpec{DVSConfigSpec: types.DVSConfigSpec{Name: "vds1" + suffix}}}
	result, err := b.finish(folders.NetworkFolder.CreateDVS(b.ctx, create))
	if err != nil {
		return err
	}
	vds := object.NewDistributedVirtualSwitch(b.client, result.(types.ManagedObjectReference))
	join := &types.VMwareDVSConfigSpec{DVSConfigSpec: types.DVSConfigSpec{ConfigVersion: "1"}}
	for _, host := range hosts {
		join.Host = append(join.Host, types.DistributedVirtualSwitchHostMemberConfigSpec{
			Operation: string(types.ConfigSpecOperationAdd), Host: host.Self,
			Backing: &types.DistributedVirtualSwitchHostMemberPnicBacking{PnicSpec: []types.DistributedVirtualSwitchHostMemberPnicSpec{{PnicDevice: "vmnic2"}}},
		})
	}
	if err := b.wait(vds.Reconfigure(b.ctx, join)); err != nil {
		return err
	}
	return b.groups(vds, suffix, datacenter, len(hosts))
}

func (b *builder) groups(vds *object.DistributedVirtualSwitch, suffix, datacenter string, hosts int) error {
	var specs []types.DVPortgroupConfigSpec
	for number := 1; number <= b.DVGroups; number++ {
		spec := types.DVPortgroupConfigSpec{
			Name: fmt.Sprintf("dvpg%02d%s", number, suffix), NumPorts: 8, AutoExpand: types.NewBool(true),
			DefaultPortConfig: &portSetting{Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: int32(200 + number)}},
		}
		if number == 1 {
			spec.NumPorts = int32(max(8, hosts*b.Machines))
		}
		specs = append(specs, spec)
	}
	if b.NSX {
		specs = append(specs, types.DVPortgroupConfigSpec{Name: "nsx-segment1" + suffix, BackingType: nsxBacked})
	}
	if err := b.wait(vds.AddPortgroup(b.ctx, specs)); err != nil {
		return err
	}
	made := switchOf(b.lab.context(), vds.Reference())
	for _, ref := range made.Portgroup {
		group := b.lab.model.Map().Get(ref).(*simulator.DistributedVirtualPortgroup)
		if group.Name == "dvpg01"+suffix {
			b.vmnet[datacenter] = &types.VirtualEthernetCardDistributedVirtualPortBackingInfo{
				Port: types.DistributedVirtualSwitchPortConnection{SwitchUuid: made.Uuid, PortgroupKey: group.Key},
			}
		}
	}
	return nil
}

// finish waits for a task and returns its result.
func (b *builder) finish(task *object.Task, err error) (types.AnyType, error) {
	if err != nil {
		return nil, err
	}
	result, fault := waitFor(b.lab.context(), task.Reference())
	if fault != nil {
		return nil, fmt.Errorf("%s: %s", task.Name(), sentence(fault))
	}
	return result, nil
}

func (b *builder) wait(task *object.Task, err error) error {
	_, err = b.finish(task, err)
	return err
}
