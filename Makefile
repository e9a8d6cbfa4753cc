# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The longest first: they run side by side.
STAGES := integration contract vsphere fresh frames docs molecule media sanity lab unit lint build

# Stopping a lab needs no setup.
python := $(or $(wildcard .venv/bin/python),python3)

.DEFAULT_GOAL := help
.PHONY: help setup demo test vm bench clean lab-up lab-down vsphere-lab $(STAGES)

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install what demo and test need, as each of them does for itself: Debian packages (as root), .venv, .cache
	@scripts/setup demo $(STAGES)

demo: ## two KVM hosts with six guests, and four simulated ESXi hosts, are hardened before your eyes from one document
	@scripts/setup demo
	@scripts/demo

test: ## everything below, with a summary
	@scripts/setup $(STAGES)
	@scripts/test $(STAGES)

unit: ## the pure core
contract: ## every module on the real kernel, with three versions of pyroute2
frames: ## attacks by raw frames before and after hardening, and the honest traffic beside them
lab: ## the lab itself
vsphere: ## every module for vSphere on the simulator, judged by govc, with three versions of pyVmomi
integration: ## playbooks as users write them
media: ## install media: made, started in QEMU by BIOS and UEFI, served by nginx and dnsmasq
molecule: ## the roles
sanity: ## ansible-test sanity
lint: ## ruff, mypy, yamllint, ansible-lint, shellcheck
docs: ## documentation and changelog; every playbook and command in it is run
build: ## build the artifact, install it elsewhere and look at it
fresh: ## README's commands in a bare Debian 12, and what systemd and a restart do to a change (root)
$(STAGES):
	@scripts/setup $@
	@scripts/stage $@

vm: ## attacks on the kernel of VIRTNET_VM_SUITE=bookworm or trixie, which filters VLANs, in a virtual machine (root; some 15 minutes)
	@scripts/vm-test $(VIRTNET_VM_TESTS)

bench: ## ratios to iproute2, nft, pyroute2 and community.vmware
	@scripts/setup bench
	@scripts/in-env .venv/bin/python benchmarks/linux_ports.py
	@scripts/in-env .venv/bin/python benchmarks/linux_policy.py
	@scripts/in-env .venv/bin/python benchmarks/vsphere_portgroups.py
	@scripts/in-env .venv/bin/python benchmarks/install_media.py

lab-up: ## start the lab in .lab
	@scripts/setup lab-up
	@.venv/bin/python lab/lab.py up
lab-down: ## stop it, and the simulated vSphere
	@$(python) lab/lab.py down
	@$(python) lab/lab.py vsphere down
vsphere-lab: ## build the vSphere simulator and govc
	@scripts/setup vsphere-lab

clean: lab-down ## remove what the other targets made
	rm -rf .venv .cache .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output
