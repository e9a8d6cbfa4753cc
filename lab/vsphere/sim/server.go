// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// Server is a lab that listens.
type Server struct {
	*Lab
	URL  string
	http *http.Server
}

// NewLab makes a simulator with this inventory. The folder is for what virtual machines leave on their datastore.
func NewLab(inventory Inventory, folder string) (*Lab, error) {
	if err := inventory.Check(); err != nil {
		return nil, err
	}
	model := simulator.VPX()
	if inventory.Kind == "esxi" {
		model = simulator.ESX()
	}
	model.Datacenter, model.Portgroup, model.Host, model.Cluster, model.ClusterHost, model.Datastore, model.Machine = 0, 0, 0, 0, 0, 0, 0
	setVersion(&model.ServiceContent.About)
	if err := model.Create(); err != nil {
		return nil, err
	}
	lab := &Lab{model: model, calls: newCallLog(), rules: new(ruleTable), bumps: &bumpTable{left: map[string]int{}}, datastore: folder, standalone: inventory.Kind == "esxi"}
	lab.extension = &extension{Self: types.ManagedObjectReference{Type: "LabExtension", Value: "lab-extension"}, lab: lab}
	lab.extension.ports = portTables{bySwitch: map[types.ManagedObjectReference][]*port{}, next: map[types.ManagedObjectReference]int{}}
	model.Map().Put(lab.extension)
	model.Map().AddHandler(&machineWatch{
		self: types.ManagedObjectReference{Type: "LabWatch", Value: "lab-watch"}, known: map[types.ManagedObjectReference]references{},
	})
	model.Map().Handler = lab.extension.handle
	return lab, lab.build(inventory)
}

// setVersion makes it vSphere 8.0 U3. govmomi's vCenter says 6.5, in which clients do not send macManagementPolicy.
func setVersion(about *types.AboutInfo) {
	about.Version, about.ApiVersion, about.Build = "8.0.3", "8.0.3.0", "24022515"
	about.FullName = fmt.Sprintf("%s %s build-%s", about.Name, about.Version, about.Build)
}

// Serve listens on a free port of the loopback interface, or on the port that is given.
func (l *Lab) Serve(port int, user, password string, certificate tls.Certificate) (*Server, error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	address := listener.Addr().String()
	service := l.model.Service
	service.RegisterSDK(l.model.Map(), vim25.Path+"/vimService")
	service.ServeMux.HandleFunc(vim25.Path+"/vimServiceVersions.xml", service.ServiceVersions)
	service.Listen = &url.URL{Scheme: "https", Host: address, Path: vim25.Path, User: url.UserPassword(user, password)}
	l.model.Map().SessionManager().ServiceHostName = address
	mux := http.NewServeMux()
	mux.Handle("/lab/", l.control(user, password))
	mux.Handle("/folder/", l.files(user, password))
	mux.Handle("/", l.watch(service.ServeMux))
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(os.Stderr, "", log.LstdFlags),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return &Server{l, "https://" + address + vim25.Path, server}, nil
}

// files gives and takes the files of datastores to those who have a session, a ticket for the file, or the password.
func (l *Lab) files(user, password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		givenUser, givenPassword, _ := r.BasicAuth()
		known := givenUser == user && givenPassword == password
		if cookie, err := r.Cookie("vmware_soap_session"); err == nil {
			known = known || slices.ContainsFunc(l.sessions(), func(id string) bool { return id == cookie.Value })
		}
		// govmomi's simulator keeps no list of the tickets that it gives.
		if _, err := r.Cookie("vmware_cgi_ticket"); err != nil && !known {
			http.Error(w, "no session", http.StatusUnauthorized)
			return
		}
		l.model.Service.ServeDatastore(w, r)
	})
}

// Close stops listening and removes what was written.
func (s *Server) Close() {
	// Not gracefully: a client that waits for updates would be waited for.
	_ = s.http.Close()
	s.Remove()
}

// Remove removes what was written.
func (l *Lab) Remove() {
	l.model.Remove()
	_ = os.RemoveAll(l.datastore)
}
