// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func driver(version string, live, maintenance bool) vib {
	return vib{Name: "driver", Version: version, Vendor: "VMW", Level: "vmware_certified", LiveInstall: live, LiveRemove: live, Maintenance: maintenance}
}

func bundled(one vib) *bundle {
	return &bundle{[]vib{one}, []component{{"Driver", one.Version, "A driver", []string{"driver"}}}}
}

func TestALiveInstallIsThereAtOnce(t *testing.T) {
	packages := newSoftware()
	changed, err := packages.applyComponents(bundled(driver("1.0-1", true, false)), false)
	if err != nil || changed.reboot || packages.rebooting != nil || packages.running.find("driver") == nil {
		t.Fatalf("%+v %v", changed, err)
	}
	changed, err = packages.applyComponents(bundled(driver("1.0-1", true, false)), false)
	if err != nil || len(changed.installed) != 0 || !slices.Equal(changed.skipped, []string{"Driver_1.0-1"}) {
		t.Errorf("%+v %v", changed, err)
	}
}

func TestTheRestComesWithARestart(t *testing.T) {
	packages := newSoftware()
	changed, err := packages.install([]vib{driver("1.0-1", false, true)}, false)
	if err != nil || !changed.reboot || packages.running.find("driver") != nil || packages.rebooting.find("driver") == nil {
		t.Fatalf("%+v %v", changed, err)
	}
	packages.restart()
	if packages.running.find("driver") == nil || packages.rebooting != nil {
		t.Error("the restart changed nothing")
	}
}

func TestMaintenanceModeIsForLiveInstalls(t *testing.T) {
	packages := newSoftware()
	if _, err := packages.install([]vib{driver("1.0-1", true, true)}, false); err == nil || err.kind != "[MaintenanceModeError]" {
		t.Errorf("%v", err)
	}
	if _, err := packages.install([]vib{driver("1.0-1", true, true)}, true); err != nil {
		t.Errorf("%v", err)
	}
	if _, err := packages.remove([]string{"driver"}, false); err == nil || err.kind != "[MaintenanceModeError]" {
		t.Errorf("%v", err)
	}
}

func TestTheAcceptanceLevelIsKept(t *testing.T) {
	packages := newSoftware()
	below := driver("1.0-1", true, false)
	below.Level = "community"
	if _, err := packages.install([]vib{below}, false); err == nil || !strings.Contains(err.text, "acceptance level is community") {
		t.Errorf("%v", err)
	}
	unsigned := driver("1.0-1", true, false)
	unsigned.Unsigned = true
	if _, err := packages.install([]vib{unsigned}, false); err == nil || err.kind != "[VibSigMissingError]" {
		t.Errorf("%v", err)
	}
	if packages.checkLevel("vmware_certified") == nil || packages.checkLevel("community") != nil || packages.checkLevel("best") == nil {
		t.Error("a level that a package is below of was taken")
	}
}

func TestAComponentGoesWithItsPackages(t *testing.T) {
	packages := newSoftware()
	if _, err := packages.applyComponents(bundled(driver("1.0-1", true, false)), false); err != nil {
		t.Fatal(err)
	}
	changed, err := packages.removeComponent("Driver", false)
	if err != nil || packages.running.find("driver") != nil || fmt.Sprint(changed.removed) != "[Driver_1.0-1]" {
		t.Errorf("%+v %v", changed, err)
	}
	if _, err := packages.removeComponent("Driver", false); err == nil || err.kind != "[NoMatchError]" {
		t.Errorf("%v", err)
	}
}

func TestVersionsOfPackages(t *testing.T) {
	for _, pair := range [][2]string{{"1.2.9-1", "1.2.10-1"}, {"1.0-1vmw.670.0", "1.0-3vmw.700.1"}, {"1.0", "1.0.1"}} {
		if compareVersions(pair[0], pair[1]) >= 0 || compareVersions(pair[1], pair[0]) <= 0 || compareVersions(pair[0], pair[0]) != 0 {
			t.Error(pair)
		}
	}
}

func TestArgumentsOfEsxcli(t *testing.T) {
	if found := values("<vibname>a</vibname><vibname>b &amp; c</vibname>"); !slices.Equal(found, []string{"a", "b & c"}) {
		t.Error(found)
	}
}
