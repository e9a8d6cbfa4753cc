// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"bytes"
	"html"
	"reflect"
	"strings"
	"time"

	esxcli "github.com/vmware/govmomi/cli/esx"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// The types of this undocumented part of the API are internal to govmomi; these have the same elements.
type executeSoapBody struct {
	Res    *executeSoapResponse `xml:"ExecuteSoapResponse,omitempty"`
	Fault_ *soap.Fault          `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault,omitempty"`
}

// Fault belongs to soap.HasFault.
func (b *executeSoapBody) Fault() *soap.Fault { return b.Fault_ }

type executeSoapResponse struct {
	Returnval *soapResult `xml:"urn:vim25 returnval"`
}

type soapResult struct {
	Response string        `xml:"response,omitempty"`
	Fault    *executeFault `xml:"fault,omitempty"`
}

type executeFault struct {
	FaultMsg    string `xml:"faultMsg"`
	FaultDetail string `xml:"faultDetail,omitempty"`
}

// command is a call of esxcli.
type command struct {
	this      types.ManagedObjectReference
	name      string // software.vib.install
	arguments esxcli.Values
}

const softwareCommands = "software."

// commandOf reads a request whose type can't be named.
func commandOf(request any) *command {
	body := reflect.ValueOf(request).Elem()
	found := &command{
		this: body.FieldByName("This").Interface().(types.ManagedObjectReference), name: strings.TrimPrefix(body.FieldByName("Method").String(), "vim.EsxCLI."),
		arguments: esxcli.Values{},
	}
	list := body.FieldByName("Argument")
	for i := range list.Len() {
		found.arguments[list.Index(i).FieldByName("Name").String()] = values(list.Index(i).FieldByName("Val").String())
	}
	return found
}

// values are the texts of the elements of an argument.
func values(text string) []string {
	var found []string
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		if start, ok := token.(xml.StartElement); ok {
			var value string
			if decoder.DecodeElement(&value, &start) == nil {
				found = append(found, value)
			}
		}
	}
}

// ours says whether a command is answered here, and not by govmomi's simulator.
func (c *command) ours() bool {
	about := strings.TrimPrefix(c.arguments.Value("typeName"), "vim.EsxCLI.")
	return strings.HasPrefix(c.name, softwareCommands) || c.name == "vim.CLIInfo.FetchCLIInfo" && about == "software.component"
}

// ExecuteSoap runs a command of esxcli on a host. It takes what only govmomi can name.
func (x *extension) ExecuteSoap(ctx *simulator.Context, request any) soap.HasFault {
	called := commandOf(request)
	host, packages := x.softwareOf(called.this)
	if host == nil {
		return &executeSoapBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: called.this})}
	}
	if fault := reachable(&host.HostSystem); fault != nil {
		return &executeSoapBody{Fault_: soapFault(fault)}
	}
	text, failed := x.run(ctx, host, packages, called)
	result := &soapResult{Response: text}
	if failed != nil {
		detail := "<detail><errMsg>" + failed.kind + "</errMsg><errMsg>" + html.EscapeString(failed.text) + "</errMsg></detail>"
		result = &soapResult{Fault: &executeFault{FaultMsg: "EsxCLI.CLIFault.summary", FaultDetail: detail}}
		if failed.kind == "" {
			result.Fault = &executeFault{FaultMsg: failed.text}
		}
	}
	return &executeSoapBody{Res: &executeSoapResponse{Returnval: result}}
}

func (x *extension) run(ctx *simulator.Context, host *simulator.HostSystem, packages *software, called *command) (string, *cliError) {
	if called.name == "vim.CLIInfo.FetchCLIInfo" {
		return encode(&componentCommands), nil
	}
	if old := host.Config.Product.Version < "7"; old && strings.HasPrefix(called.name, "software.component.") {
		return "", &cliError{"", "The object or item referred to could not be found."}
	}
	maintenance := host.Runtime.InMaintenanceMode
	packages.Lock()
	defer packages.Unlock()
	switch called.name {
	case "software.vib.list", "software.vib.get":
		return encode(packages.listVibs(called)), nil
	case "software.component.vib.list":
		found, err := packages.vibsOf(called.arguments.Value("component"))
		if err != nil {
			return "", err
		}
		return encode(showVibs(found, "VimEsxCLIsoftwarecomponentviblistVIBSummary", packages.installed)), nil
	case "software.component.list":
		return encode(packages.listComponents()), nil
	case "software.vib.install", "software.component.apply":
		return x.installFrom(ctx, host, packages, called, maintenance)
	case "software.vib.remove":
		return answerOf("vib", called)(packages.remove(called.arguments["vibname"], maintenance))
	case "software.component.remove":
		return answerOf("component", called)(packages.removeComponent(called.arguments.Value("component"), maintenance))
	}
	return "", &cliError{"", "The object or item referred to could not be found."}
}

func (x *extension) installFrom(
	ctx *simulator.Context, host *simulator.HostSystem, packages *software, called *command, maintenance bool,
) (string, *cliError) {
	path := called.arguments.Value("depot")
	if path == "" {
		path = called.arguments.Value("viburl")
	}
	found, err := x.openBundle(ctx, host, path)
	if err != nil {
		return "", err
	}
	if called.name == "software.component.apply" {
		return answerOf("component", called)(packages.applyComponents(found, maintenance))
	}
	return answerOf("vib", called)(packages.install(found.vibs, maintenance))
}

// answerOf makes the text of a result. A command for components names these, one for VIBs those.
func answerOf(unit string, called *command) func(*result, *cliError) (string, *cliError) {
	prefix := map[string]string{"vib": "VIBs", "component": "Components"}[unit]
	kind := "VimEsxCLI" + strings.ReplaceAll(called.name, ".", "") + "InstallationResult"
	return func(changed *result, failed *cliError) (string, *cliError) {
		if failed != nil {
			return "", failed
		}
		var out bytes.Buffer
		out.WriteString(`<obj xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="urn:vim25" xsi:type="` + kind + `">`)
		write := func(name, value string) {
			out.WriteString("<" + name + ">" + html.EscapeString(value) + "</" + name + ">")
		}
		write("Message", changed.message)
		reboot := "false"
		if changed.reboot {
			reboot = "true"
		}
		write("RebootRequired", reboot)
		for name, list := range map[string][]string{"Installed": changed.installed, "Removed": changed.removed, "Skipped": changed.skipped} {
			for _, each := range list {
				write(prefix+name, each)
			}
		}
		out.WriteString("</obj>")
		return out.String(), nil
	}
}

func (s *software) listVibs(called *command) *esxcli.Response {
	from := s.running
	if called.arguments.Value("rebootingimage") == "true" {
		from = s.rebooting
	}
	kind := map[string]string{"software.vib.list": "VimEsxCLIsoftwareviblistVIBSummaryExt", "software.vib.get": "VimEsxCLIsoftwarevibgetVIBExt"}[called.name]
	if from == nil {
		return &esxcli.Response{Kind: kind}
	}
	return showVibs(from.vibs, kind, s.installed)
}

func showVibs(vibs []vib, kind string, installed time.Time) *esxcli.Response {
	answer := &esxcli.Response{Kind: kind}
	for _, each := range vibs {
		answer.Values = append(answer.Values, esxcli.Values{
			"ID": {each.id()}, "Name": {each.Name}, "Version": {each.Version}, "Vendor": {each.Vendor}, "AcceptanceLevel": {cliLevel(each.Level)},
			"InstallDate": {installed.Format("2006-01-02")}, "Platforms": {"host"}, "Summary": {each.Summary},
		})
	}
	return answer
}

func (s *software) listComponents() *esxcli.Response {
	answer := &esxcli.Response{Kind: "VimEsxCLIsoftwarecomponentlistComponentSummary"}
	for _, each := range s.running.components {
		answer.Values = append(answer.Values, esxcli.Values{
			"Name": {each.Name}, "DisplayName": {each.Title}, "Version": {each.Version}, "DisplayVersion": {each.Version}, "Vendor": {"VMware"},
		})
	}
	return answer
}

// cliLevel is an acceptance level as esxcli writes it.
func cliLevel(level string) string {
	return map[string]string{
		"community": "CommunitySupported", "partner": "PartnerSupported", "vmware_accepted": "VMwareAccepted", "vmware_certified": "VMwareCertified",
	}[level]
}

func encode(value any) string {
	var out bytes.Buffer
	if err := xml.NewEncoder(&out).Encode(value); err != nil {
		panic(err) // a mistake in a value made here
	}
	return out.String()
}

func parameter(name, alias string) esxcli.CommandInfoParam {
	return esxcli.CommandInfoParam{CommandInfoItem: esxcli.CommandInfoItem{Name: name, DisplayName: name, Help: name}, Aliases: []string{alias, "--" + name}}
}

func hints(fields string) esxcli.CommandInfoHints {
	return esxcli.CommandInfoHints{{Key: "formatter", Value: "simple"}, {Key: "fields:InstallationResult", Value: fields}}
}

// componentCommands tells clients which options the commands have.
var componentCommands = esxcli.CommandInfo{
	CommandInfoItem: esxcli.CommandInfoItem{Name: "software.component", DisplayName: "component", Help: "Install, update, remove, or display components"},
	Method: []esxcli.CommandInfoMethod{
		{
			CommandInfoItem: esxcli.CommandInfoItem{Name: "apply", DisplayName: "apply", Help: "Installs components from a depot."},
			Param:           []esxcli.CommandInfoParam{parameter("component", "-n"), parameter("depot", "-d")},
			Hints:           hints("Message,Components Installed,Components Removed,Components Skipped,Reboot Required,DPU Results"),
		},
		{
			CommandInfoItem: esxcli.CommandInfoItem{Name: "list", DisplayName: "list", Help: "Lists the installed components."},
			Hints:           esxcli.CommandInfoHints{{Key: "formatter", Value: "table"}, {Key: "table-columns", Value: "Name,Version,Vendor"}},
		},
		{
			CommandInfoItem: esxcli.CommandInfoItem{Name: "remove", DisplayName: "remove", Help: "Removes components from the host."},
			Param:           []esxcli.CommandInfoParam{parameter("component", "-n")},
			Hints:           hints("Message,Components Installed,Components Removed,Components Skipped,Reboot Required,DPU Results"),
		},
	},
}
