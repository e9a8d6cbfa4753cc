// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// vsphere-lab is a simulated vCenter or ESXi host for tests of virtual switch security; see docs/vsphere-simulator.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vspherelab/sim"
)

type options struct {
	sim.Inventory
	folder, user string
	port, parent int
	lifetime     time.Duration
}

// ready is the line that says where the server is.
type ready struct {
	URL       string        `json:"url"`
	CA        string        `json:"ca"`
	PID       int           `json:"pid"`
	User      string        `json:"user"`
	Seconds   float64       `json:"seconds"`
	Inventory sim.Inventory `json:"inventory"`
}

func main() {
	if err := run(parse()); err != nil {
		fmt.Fprintf(os.Stderr, "vsphere-lab: %v\n", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.Kind, "kind", "vcenter", "vcenter or esxi")
	flag.IntVar(&o.Datacenters, "datacenters", 1, "datacenters")
	flag.IntVar(&o.Clusters, "clusters", 1, "clusters of each datacenter")
	flag.IntVar(&o.Hosts, "hosts", 1, "hosts in all, up to 500")
	flag.IntVar(&o.Groups, "groups", 2, "standard port groups of each host, beside VM Network and Management Network")
	flag.IntVar(&o.Machines, "vms", 1, "virtual machines of each host")
	flag.IntVar(&o.DVGroups, "dv-groups", 2, "groups of each distributed switch; 0: no distributed switch")
	flag.StringVar(&o.DVSVersion, "dvs-version", "8.0.3", "version of the distributed switches")
	flag.BoolVar(&o.NSX, "nsx", false, "a group that NSX backs")
	flag.BoolVar(&o.SameNames, "same-names", false, "the same names of clusters, distributed switches and groups in all datacenters")
	flag.StringVar(&o.folder, "folder", "", "folder for the authority's certificate and the datastore (required, and emptied of both at the end)")
	flag.StringVar(&o.user, "user", "administrator@vsphere.local", "user; the password is in the environment variable VSPHERE_LAB_PASSWORD")
	flag.IntVar(&o.port, "port", 0, "TCP port on 127.0.0.1; 0: a free one")
	flag.IntVar(&o.parent, "parent", 0, "end with this process; 0: with the one that started this, -1: with none")
	flag.DurationVar(&o.lifetime, "lifetime", 12*time.Hour, "end after this time")
	flag.Parse()
	return o
}

func run(o options) error {
	log.SetOutput(io.Discard) // the simulator's remarks on each call that fails
	password := os.Getenv("VSPHERE_LAB_PASSWORD")
	if password == "" || o.folder == "" || flag.NArg() > 0 {
		return errors.New("--folder and the environment variable VSPHERE_LAB_PASSWORD are needed, and nothing else")
	}
	ended := watch(o.parent, o.lifetime)
	began := time.Now()
	store := filepath.Join(o.folder, "datastore")
	if err := os.MkdirAll(store, 0o700); err != nil {
		return err
	}
	// The simulator makes a temporary folder; this way it is found even after a crash.
	if err := os.Setenv("TMPDIR", store); err != nil {
		return err
	}
	certificate, authority, err := sim.NewCertificate(o.lifetime + time.Hour)
	if err != nil {
		return err
	}
	ca := filepath.Join(o.folder, "ca.pem")
	if err := os.WriteFile(ca, authority, 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(ca) }()
	lab, err := sim.NewLab(o.Inventory, store)
	if err != nil {
		return err
	}
	server, err := lab.Serve(o.port, o.user, password, certificate)
	if err != nil {
		lab.Remove()
		return err
	}
	defer server.Close()
	line := ready{server.URL, ca, os.Getpid(), o.user, time.Since(began).Seconds(), o.Inventory}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return err
	}
	<-ended
	return nil
}

// watch tells of the end: a signal, the end of the parent or of the lifetime.
func watch(parent int, lifetime time.Duration) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if parent == 0 {
		parent = os.Getppid()
	}
	started := startTime(parent)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		deadline, tick := time.After(lifetime), time.NewTicker(250*time.Millisecond)
		for {
			select {
			case <-signals:
				return
			case <-deadline:
				return
			case <-tick.C:
				if parent > 0 && startTime(parent) != started {
					return
				}
			}
		}
	}()
	return ended
}

// startTime tells a process from a later one of the same number; empty if there is none, or if it is dead but not reaped.
func startTime(pid int) string {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	return fields[19]
}
