#!/usr/bin/python
# -*- coding: utf-8 -*-
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_vm_registration
"""
EXAMPLES = r"""
"""
RETURN = r"""
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible_jobs import run_on_hosts
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration import asked, jobs, spec


def main() -> None:
    """Run the module."""
    run_on_hosts(spec(), asked, jobs)


if __name__ == "__main__":
    main()
