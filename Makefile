# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The longest first: they run side by side.
STAGES := integration contract vsphere frames docs molecule media sanity lab unit lint build

.DEFAULT_GOAL := help
.PHONY: help setup demo test vm bench clean lab-up lab-down vsphere-lab $(STAGES)

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install what is needed: Debian packages (as root), .venv, .cache
	@scripts/setup

demo: setup ## two KVM hosts with six guests, and four simulated ESXi hosts, are hardened before your eyes from one document
	@scripts/demo

test: setup ## everything below, with a summary
	@scripts/setup media
	@scripts/test $(STAGES)

unit: setup ## the pure core
	@scripts/stage unit
contract: setup ## every module on the real kernel, with three versions of pyroute2
	@scripts/stage contract
frames: setup ## attacks by raw frames before and after hardening, and the honest traffic beside them
	@scripts/stage frames
lab: setup ## the lab itself
	@scripts/stage lab
vsphere: setup ## every module for vSphere on the simulator, judged by govc, with three versions of pyVmomi
	@scripts/stage vsphere
integration: setup ## playbooks as users write them
	@scripts/stage integration
media: setup ## install media: made, started in QEMU by BIOS and UEFI, served by nginx and dnsmasq
	@scripts/setup media
	@scripts/stage media
molecule: setup ## the roles
	@scripts/stage molecule
sanity: setup ## ansible-test sanity
	@scripts/stage sanity
lint: setup ## ruff, mypy, yamllint, ansible-lint, shellcheck
	@scripts/stage lint
docs: setup ## documentation and changelog; every playbook and command in it is run
	@scripts/setup media
	@scripts/stage docs
build: setup ## build the artifact, install it elsewhere and look at it
	@scripts/stage build

vm: ## the kernel tests in a virtual machine whose kernel filters VLANs (root; about ten minutes)
	@scripts/vm-test

bench: setup ## ratios to iproute2, nft, pyroute2 and community.vmware
	@scripts/in-env .venv/bin/python benchmarks/linux_ports.py
	@scripts/in-env .venv/bin/python benchmarks/linux_policy.py
	@scripts/in-env .venv/bin/python benchmarks/vsphere_portgroups.py
	@scripts/setup media
	@scripts/in-env .venv/bin/python benchmarks/install_media.py

lab-up: setup ## start the lab in .lab
	@.venv/bin/python lab/lab.py up
lab-down: ## stop it, and the simulated vSphere
	@python3 lab/lab.py down
	@python3 lab/lab.py vsphere down
vsphere-lab: ## build the vSphere simulator and govc
	@scripts/vsphere-build

clean: lab-down ## remove what the other targets made
	rm -rf .venv .cache .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output
