// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"context"
	"slices"
	"testing"

	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	vswitches = "config.network.vswitch"
	proxies   = "config.network.proxySwitch"
)

// small is a vCenter with two hosts.
func small(t *testing.T) *Lab {
	t.Helper()
	inventory := Inventory{Kind: "vcenter", Datacenters: 1, Clusters: 1, Hosts: 2, Groups: 1, DVGroups: 1, DVSVersion: "8.0.3"}
	lab, err := NewLab(inventory, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return lab
}

func (l *Lab) bend(t *testing.T, rule PropertyRule) {
	t.Helper()
	if err := rule.complete(); err != nil {
		t.Fatal(err)
	}
	l.properties.add(&rule)
}

// read asks for properties of all hosts below the cluster, and for the cluster's.
func (l *Lab) read(t *testing.T, paths ...string) map[string]types.ObjectContent {
	t.Helper()
	client, err := vim25.NewClient(context.Background(), l.model.Service)
	if err != nil {
		t.Fatal(err)
	}
	cluster := l.model.Map().Any("ClusterComputeResource").Reference()
	answer, err := methods.RetrievePropertiesEx(context.Background(), client, &types.RetrievePropertiesEx{
		This: client.ServiceContent.PropertyCollector,
		SpecSet: []types.PropertyFilterSpec{{
			ObjectSet: []types.ObjectSpec{{Obj: cluster, SelectSet: []types.BaseSelectionSpec{
				&types.TraversalSpec{Type: "ComputeResource", Path: "host"},
			}}},
			PropSet: []types.PropertySpec{{Type: "HostSystem", PathSet: paths}, {Type: "ComputeResource", PathSet: []string{"host", "name"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]types.ObjectContent{}
	for _, each := range answer.Returnval.Objects {
		found[l.extension.name(l.context(), each.Obj)] = each
	}
	return found
}

func value(content types.ObjectContent, path string) types.AnyType {
	at := slices.IndexFunc(content.PropSet, func(each types.DynamicProperty) bool { return each.Name == path })
	if at < 0 {
		return nil
	}
	return content.PropSet[at].Val
}

func TestWithoutRulesAllIsTold(t *testing.T) {
	host := small(t).read(t, "name", vswitches, "config.network.opaqueSwitch")["esxi01.lab.example"]
	if len(host.MissingSet) != 0 || value(host, "name") != "esxi01.lab.example" || len(value(host, vswitches).(types.ArrayOfHostVirtualSwitch).HostVirtualSwitch) != 1 {
		t.Errorf("%+v", host)
	}
	// As vCenter: an array without elements is told.
	if none, ok := value(host, "config.network.opaqueSwitch").(types.ArrayOfHostOpaqueSwitch); !ok || len(none.HostOpaqueSwitch) != 0 {
		t.Errorf("%+v", host)
	}
}

func TestAPathIsDeniedWithWhatIsBelow(t *testing.T) {
	lab := small(t)
	lab.bend(t, PropertyRule{Type: "HostSystem", Object: "esxi01.lab.example", Path: "config.network"})
	hosts := lab.read(t, "name", vswitches, proxies)
	first := hosts["esxi01.lab.example"]
	if len(first.PropSet) != 1 || len(first.MissingSet) != 2 || first.MissingSet[0].Path != vswitches || first.MissingSet[1].Path != proxies {
		t.Fatalf("%+v", first)
	}
	fault := first.MissingSet[0].Fault
	denied, ok := fault.Fault.(*types.NoPermission)
	if !ok || fault.LocalizedMessage != "" || *denied.Object != first.Obj || denied.PrivilegeId != "System.Read" {
		t.Errorf("%+v", fault)
	}
	if second := hosts["esxi02.lab.example"]; len(second.MissingSet) != 0 || len(second.PropSet) != 3 {
		t.Errorf("%+v", second)
	}
	if lab.properties.list()[0].Hits != 2 {
		t.Errorf("%+v", lab.properties.list())
	}
	lab.properties.clear()
	if len(lab.read(t, vswitches)["esxi01.lab.example"].MissingSet) != 0 {
		t.Error("the rule is still there")
	}
}

func TestAPathThatIsNotSetCanBeDenied(t *testing.T) {
	lab := small(t)
	lab.bend(t, PropertyRule{Path: "config.systemResources", Fault: "NotAuthenticated", Privilege: "System.View"})
	host := lab.read(t, "config.systemResources", "name")["esxi01.lab.example"]
	if len(host.MissingSet) != 1 || len(host.PropSet) != 1 {
		t.Fatalf("%+v", host)
	}
	if denied, ok := host.MissingSet[0].Fault.Fault.(*types.NotAuthenticated); !ok || denied.PrivilegeId != "System.View" {
		t.Errorf("%+v", host.MissingSet[0].Fault)
	}
}

func TestUnsetIsInNeitherSetAndEmptyHasNoElements(t *testing.T) {
	lab := small(t)
	lab.bend(t, PropertyRule{Object: "esxi01.lab.example", Path: vswitches, As: asUnset})
	lab.bend(t, PropertyRule{Path: vswitches, As: asEmpty})
	hosts := lab.read(t, vswitches, "name")
	if first := hosts["esxi01.lab.example"]; value(first, vswitches) != nil || len(first.MissingSet) != 0 {
		t.Errorf("%+v", first)
	}
	if none, ok := value(hosts["esxi02.lab.example"], vswitches).(types.ArrayOfHostVirtualSwitch); !ok || len(none.HostVirtualSwitch) != 0 {
		t.Errorf("%+v", hosts["esxi02.lab.example"])
	}
}

func TestTypesAreThoseThatExtendThemToo(t *testing.T) {
	lab := small(t)
	lab.bend(t, PropertyRule{Type: "ComputeResource", Path: "name"})
	found := lab.read(t, "name")
	if cluster := found["cluster1"]; len(cluster.MissingSet) != 1 || cluster.MissingSet[0].Path != "name" {
		t.Errorf("%+v", cluster)
	}
	if len(found["esxi01.lab.example"].MissingSet) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestAHiddenObjectIsInNoAnswer(t *testing.T) {
	for _, keep := range []bool{false, true} {
		lab := small(t)
		lab.bend(t, PropertyRule{Object: "esxi02.lab.example", As: asHidden, KeepReferences: keep})
		found := lab.read(t, "name")
		hosts := value(found["cluster1"], "host").(types.ArrayOfManagedObjectReference).ManagedObjectReference
		if _, there := found["esxi02.lab.example"]; there || len(found) != 2 || (len(hosts) == 2) != keep {
			t.Errorf("%v: %+v", keep, found)
		}
	}
}

func TestRulesForPropertiesAreChecked(t *testing.T) {
	for _, wrong := range []PropertyRule{{As: "gone"}, {Fault: "Nonsense"}, {As: asHidden, Path: "name"}, {Path: "name", KeepReferences: true}} {
		if wrong.complete() == nil {
			t.Errorf("%+v", wrong)
		}
	}
}
