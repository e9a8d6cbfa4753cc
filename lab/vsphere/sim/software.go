// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// acceptanceLevels are the acceptance acceptanceLevels from the weakest on.
var acceptanceLevels = []string{
	string(types.HostImageAcceptanceLevelCommunity), string(types.HostImageAcceptanceLevelPartner),
	string(types.HostImageAcceptanceLevelVmware_accepted), string(types.HostImageAcceptanceLevelVmware_certified),
}

// vib is a package as a host or a bundle has it.
type vib struct {
	Name, Version, Vendor, Level, Summary string
	Maintenance, LiveInstall, LiveRemove  bool
	Depends                               []string
	Unsigned                              bool
}

func (v vib) id() string { return v.Vendor + "_bootbank_" + v.Name + "_" + v.Version }

// component is a set of packages that is installed and removed together, from 7.0 on.
type component struct {
	Name, Version, Title string
	Vibs                 []string // names
}

// image is what a host has, or will have after a restart.
type image struct {
	vibs       []vib
	components []component
}

func (i *image) copied() *image {
	return &image{slices.Clone(i.vibs), slices.Clone(i.components)}
}

func (i *image) find(name string) *vib {
	at := slices.IndexFunc(i.vibs, func(each vib) bool { return each.Name == name })
	if at < 0 {
		return nil
	}
	return &i.vibs[at]
}

func (i *image) without(names []string) {
	i.vibs = slices.DeleteFunc(i.vibs, func(each vib) bool { return slices.Contains(names, each.Name) })
}

// software is all that a host knows of its packages.
type software struct {
	sync.Mutex
	level     string
	running   *image
	rebooting *image // nil unless a restart is needed
	installed time.Time
}

func newSoftware() *software {
	base := func(name, version string) vib {
		return vib{Name: name, Version: version, Vendor: "VMware", Level: "vmware_certified", Summary: name + " of ESXi", Maintenance: true}
	}
	light := func(name, version, vendor, level string) vib {
		return vib{Name: name, Version: version, Vendor: vendor, Level: level, Summary: name + ", a tool", LiveInstall: true, LiveRemove: true}
	}
	first := &image{
		vibs: []vib{
			base("esx-base", "8.0.2-0.0.22380479"), base("esx-update", "8.0.2-0.0.22380479"),
			light("esx-ui", "2.14.0-21993070", "VMware", "vmware_certified"), light("partner-tool", "1.0.0-1OEM.800.1.0.20613240", "PTN", "partner"),
		},
		components: []component{
			{"ESXi", "8.0.2-0.0.22380479", "ESXi", []string{"esx-base", "esx-update", "esx-ui"}},
			{"Partner-tool", "1.0.0-1OEM.800.1.0.20613240", "A partner's tool", []string{"partner-tool"}},
		},
	}
	return &software{level: "partner", running: first, installed: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)}
}

// softwareOf is the software of the host that an object is or belongs to.
func (x *extension) softwareOf(ref types.ManagedObjectReference) (*simulator.HostSystem, *software) {
	host := x.hostOf(ref)
	if host == nil {
		return nil, nil
	}
	found, _ := x.software.LoadOrStore(host.Self.Value, newSoftware())
	return host, found.(*software)
}

// next is the image that a change starts from: what the host will have after a restart, if one is due.
func (s *software) next() *image {
	if s.rebooting != nil {
		return s.rebooting.copied()
	}
	return s.running.copied()
}

// result is what an installation or removal answers.
type result struct {
	message                     string
	installed, removed, skipped []string
	reboot                      bool
}

// cliError is what esxcli says when it fails: the class of the error, and a text.
type cliError struct{ kind, text string }

func (e *cliError) Error() string { return e.kind + " " + e.text }

// install brings packages in. "VIBs may be installed, upgraded, or downgraded" (esxcli software vib install).
func (s *software) install(packages []vib, maintenance bool) (*result, *cliError) {
	changed := &result{message: "Operation finished successfully."}
	after, live, needed := s.next(), s.rebooting == nil, []string(nil)
	for _, each := range packages {
		old := after.find(each.Name)
		if old != nil && old.Version == each.Version {
			changed.skipped = append(changed.skipped, each.id())
			continue
		}
		if err := s.accept(each); err != nil {
			return nil, err
		}
		if old != nil {
			changed.removed = append(changed.removed, old.id())
			live = live && old.LiveRemove
		}
		live = live && each.LiveInstall
		if each.Maintenance {
			needed = append(needed, each.id())
		}
		changed.installed = append(changed.installed, each.id())
		after.without([]string{each.Name})
		after.vibs = append(after.vibs, each)
	}
	if len(changed.installed) == 0 {
		changed.message = "Host is not changed."
		return changed, nil
	}
	// "installation will stop for live installs that require maintenance mode. This flag has no effect for reboot required remediations."
	if live && len(needed) > 0 && !maintenance {
		return nil, &cliError{"[MaintenanceModeError]", fmt.Sprintf("MaintenanceMode is required to remove: [%s]; install: [%s].",
			strings.Join(changed.removed, ", "), strings.Join(needed, ", "))}
	}
	s.take(after, live, changed)
	return changed, nil
}

func (s *software) accept(each vib) *cliError {
	if each.Unsigned && each.Level != acceptanceLevels[0] {
		return &cliError{"[VibSigMissingError]", fmt.Sprintf("VIB %s does not have a signature and thus cannot be verified.", each.id())}
	}
	if slices.Index(acceptanceLevels, each.Level) < slices.Index(acceptanceLevels, s.level) {
		return &cliError{"[InstallationError]", fmt.Sprintf("VIB %s's acceptance level is %s, which is not compliant with the ImageProfile acceptance level %s",
			each.id(), each.Level, s.level)}
	}
	return nil
}

func (s *software) take(after *image, live bool, changed *result) {
	if live {
		s.running = after
		return
	}
	s.rebooting = after
	changed.reboot = true
	changed.message = "The update completed successfully, but the system needs to be rebooted for the changes to be effective."
}

// vibsOf are the packages of an installed component.
func (s *software) vibsOf(name string) ([]vib, *cliError) {
	for _, each := range s.running.components {
		if each.Name == name {
			return slices.DeleteFunc(slices.Clone(s.running.vibs), func(one vib) bool { return !slices.Contains(each.Vibs, one.Name) }), nil
		}
	}
	return nil, &cliError{"[NoMatchError]", fmt.Sprintf("Component %s is not found on the host.", name)}
}

// remove takes packages out.
func (s *software) remove(names []string, maintenance bool) (*result, *cliError) {
	changed := &result{message: "Operation finished successfully."}
	after, live, needed := s.next(), s.rebooting == nil, []string(nil)
	for _, name := range names {
		old := after.find(name)
		if old == nil {
			return nil, &cliError{"[NoMatchError]", fmt.Sprintf("No VIB matching VIB search specification '%s'.", name)}
		}
		live = live && old.LiveRemove
		if old.Maintenance {
			needed = append(needed, old.id())
		}
		changed.removed = append(changed.removed, old.id())
	}
	if live && len(needed) > 0 && !maintenance {
		return nil, &cliError{"[MaintenanceModeError]", fmt.Sprintf("MaintenanceMode is required to remove: [%s]; install: [].", strings.Join(needed, ", "))}
	}
	after.without(names)
	after.components = slices.DeleteFunc(after.components, func(each component) bool {
		return !slices.ContainsFunc(each.Vibs, func(name string) bool { return after.find(name) != nil })
	})
	s.take(after, live, changed)
	return changed, nil
}

// applyComponents installs what is newer than what is there; the rest is skipped.
func (s *software) applyComponents(found *bundle, maintenance bool) (*result, *cliError) {
	if len(found.components) == 0 {
		return nil, &cliError{"[NoMatchError]", "No component is found in the depot."}
	}
	var wanted []component
	var skipped []string
	var packages []vib
	for _, each := range found.components {
		at := slices.IndexFunc(s.next().components, func(have component) bool { return have.Name == each.Name })
		if at >= 0 && compareVersions(s.next().components[at].Version, each.Version) >= 0 {
			skipped = append(skipped, each.Name+"_"+each.Version)
			continue
		}
		wanted = append(wanted, each)
		packages = append(packages, slices.DeleteFunc(slices.Clone(found.vibs), func(one vib) bool { return !slices.Contains(each.Vibs, one.Name) })...)
	}
	changed, err := s.install(packages, maintenance)
	if err != nil {
		return nil, err
	}
	target := s.running
	if s.rebooting != nil {
		target = s.rebooting
	}
	changed.installed, changed.removed, changed.skipped = nil, nil, skipped
	for _, each := range wanted {
		target.components = slices.DeleteFunc(target.components, func(have component) bool { return have.Name == each.Name })
		target.components = append(target.components, each)
		changed.installed = append(changed.installed, each.Name+"_"+each.Version)
	}
	return changed, nil
}

func (s *software) removeComponent(name string, maintenance bool) (*result, *cliError) {
	have := s.next().components
	at := slices.IndexFunc(have, func(each component) bool { return each.Name == name })
	if at < 0 {
		return nil, &cliError{"[NoMatchError]", fmt.Sprintf("Component %s is not found on the host.", name)}
	}
	changed, err := s.remove(have[at].Vibs, maintenance)
	if err == nil {
		changed.removed = []string{have[at].Name + "_" + have[at].Version}
	}
	return changed, err
}

// restart makes the next image the running one.
func (s *software) restart() {
	s.Lock()
	defer s.Unlock()
	if s.rebooting != nil {
		s.running, s.rebooting = s.rebooting, nil
	}
}

// compareVersions compares by numbers and words, a dash and a dot parting them.
func compareVersions(one, other string) int {
	split := func(text string) []string {
		return strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '-' })
	}
	first, second := split(one), split(other)
	for i := range min(len(first), len(second)) {
		a, errA := strconv.Atoi(first[i])
		b, errB := strconv.Atoi(second[i])
		order := cmp.Compare(a, b)
		if errA != nil || errB != nil {
			order = strings.Compare(first[i], second[i])
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(first), len(second))
}
