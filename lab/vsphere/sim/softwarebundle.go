// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
)

// bundle is what a host finds in an offline bundle or a VIB.
type bundle struct {
	vibs       []vib
	components []component
}

// descriptor is the XML of a VIB, as far as it matters here.
type descriptor struct {
	Name        string `xml:"name"`
	Version     string `xml:"version"`
	Vendor      string `xml:"vendor"`
	Level       string `xml:"acceptance-level"`
	Summary     string `xml:"summary"`
	Maintenance bool   `xml:"system-requires>maintenance-mode"`
	LiveInstall bool   `xml:"live-install-allowed"`
	LiveRemove  bool   `xml:"live-remove-allowed"`
	Depends     []struct {
		Name string `xml:"name,attr"`
	} `xml:"relationships>depends>constraint"`
}

type bulletin struct {
	Name struct {
		Name  string `xml:"name,attr"`
		Title string `xml:"uiString,attr"`
	} `xml:"componentNameSpec"`
	Version struct {
		Version string `xml:"version,attr"`
	} `xml:"componentVersionSpec"`
	Vibs []string `xml:"vibList>vibID"`
}

var descriptorLevels = map[string]string{"community": acceptanceLevels[0], "partner": acceptanceLevels[1], "accepted": acceptanceLevels[2], "certified": acceptanceLevels[3]}

func (d *descriptor) vib(signature int) vib {
	made := vib{
		Name: d.Name, Version: d.Version, Vendor: d.Vendor, Level: descriptorLevels[d.Level], Summary: d.Summary,
		Maintenance: d.Maintenance, LiveInstall: d.LiveInstall, LiveRemove: d.LiveRemove, Unsigned: signature == 0,
	}
	for _, each := range d.Depends {
		made.Depends = append(made.Depends, each.Name)
	}
	return made
}

// localFile turns /vmfs/volumes/DATASTORE/PATH into the file of the lab that it is.
func (x *extension) localFile(ctx *simulator.Context, host *simulator.HostSystem, path string) (string, *cliError) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(path, "file:"), "/vmfs/volumes/")
	name, below, _ := strings.Cut(rest, "/")
	if ok && below != "" && !slices.Contains(strings.Split(below, "/"), "..") {
		for _, ref := range host.Datastore {
			if store, ok := ctx.Map.Get(ref).(*simulator.Datastore); ok && store.Name == name {
				return filepath.Join(store.Summary.Url, filepath.FromSlash(below)), nil
			}
		}
	}
	return "", &cliError{"[MetadataDownloadError]", fmt.Sprintf("Could not download from depot at zip:%s?index.xml, skipping (no such file)", path)}
}

// openBundle reads a bundle, or a VIB.
func (x *extension) openBundle(ctx *simulator.Context, host *simulator.HostSystem, path string) (*bundle, *cliError) {
	file, failed := x.localFile(ctx, host, path)
	if failed != nil {
		return nil, failed
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, &cliError{"[MetadataDownloadError]", fmt.Sprintf("Could not download from depot at zip:%s?index.xml, skipping (%s)", path, "no such file")}
	}
	made := new(bundle)
	if bytes.HasPrefix(content, []byte("!<arch>\n")) {
		one, err := readVib(content)
		made.vibs, failed = append(made.vibs, one), formatError(err, path)
		return made, failed
	}
	return made, formatError(made.readDepot(content), path)
}

func formatError(err error, path string) *cliError {
	if err == nil {
		return nil
	}
	return &cliError{"[VibFormatError]", fmt.Sprintf("%s is not a bundle or VIB: %v", path, err)}
}

func (b *bundle) readDepot(content []byte) error {
	depot, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	for _, file := range depot.File {
		body, err := unzip(file)
		if err != nil {
			return err
		}
		switch {
		case filepath.Ext(file.Name) == ".vib":
			one, err := readVib(body)
			if err != nil {
				return err
			}
			b.vibs = append(b.vibs, one)
		case filepath.Base(file.Name) == "metadata.zip":
			if err := b.readMetadata(body); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bundle) readMetadata(content []byte) error {
	metadata, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	for _, file := range metadata.File {
		if !strings.HasPrefix(file.Name, "bulletins/") {
			continue
		}
		body, err := unzip(file)
		if err != nil {
			return err
		}
		var found bulletin
		if err := xml.Unmarshal(body, &found); err != nil {
			return err
		}
		if found.Name.Name == "" {
			continue
		}
		made := component{Name: found.Name.Name, Version: found.Version.Version, Title: found.Name.Title}
		for _, id := range found.Vibs {
			if parts := strings.Split(id, "_"); len(parts) == 4 {
				made.Vibs = append(made.Vibs, parts[2])
			}
		}
		b.components = append(b.components, made)
	}
	return nil
}

func unzip(file *zip.File) ([]byte, error) {
	stream, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	return io.ReadAll(io.LimitReader(stream, 1<<30))
}

// readVib takes the descriptor and the size of the signature out of an ar archive.
func readVib(content []byte) (vib, error) {
	const header = 60
	var found descriptor
	signature := 0
	rest := content[8:]
	for len(rest) >= header {
		name := strings.TrimRight(string(rest[:16]), "/ ")
		size, err := strconv.Atoi(strings.TrimSpace(string(rest[48:58])))
		if err != nil || size < 0 || header+size > len(rest) {
			return vib{}, fmt.Errorf("the archive is broken at %q", name)
		}
		body := rest[header : header+size]
		switch name {
		case "descriptor.xml":
			if err := xml.Unmarshal(body, &found); err != nil {
				return vib{}, err
			}
		case "sig.pkcs7":
			signature = size
		}
		rest = rest[min(len(rest), header+size+size%2):]
	}
	made := found.vib(signature)
	if made.Name == "" || made.Level == "" {
		return vib{}, fmt.Errorf("the descriptor lacks a name or an acceptance level")
	}
	return made, nil
}
