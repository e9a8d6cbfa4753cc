#!/usr/bin/python
# -*- coding: utf-8 -*-
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_software
short_description: x
"""
EXAMPLES = r"""
"""
RETURN = r"""
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible_file import Disk
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible_jobs import run_on_hosts
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software import asked, jobs, spec


def main() -> None:
    """Run the module."""
    run_on_hosts(spec(), lambda params: asked(params, Disk().open), jobs)


if __name__ == "__main__":
    main()
