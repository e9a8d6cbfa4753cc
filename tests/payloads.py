# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what the Ansible of this Python sends for modules, as it would be copied to a host: python payloads.py FOLDER MODULE ...

A program of its own, as a process has one Ansible. Each file, FOLDER/MODULE.py, is a whole module without arguments.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ansible.executor import module_common
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar


def main(folder: str, modules: list[str]) -> None:
    """All of them."""
    init_plugin_loader()
    # What asks for the interpreter gets the one that runs the file.
    variables = {"ansible_python_interpreter": "/usr/bin/python3", "ansible_playbook_python": sys.executable}
    for name in modules:
        path = module_loader.find_plugin(f"virtnet.hardening.{name}")
        full = f"ansible_collections.virtnet.hardening.plugins.modules.{name}"
        built = module_common.modify_module(
            module_name=full, module_path=path, module_args={}, templar=Templar(loader=DataLoader()), task_vars=variables, module_compression="ZIP_DEFLATED"
        )
        # ansible-core 2.17 and 2.18 answer with a tuple.
        Path(folder, f"{name}.py").write_bytes(built[0] if isinstance(built, tuple) and not hasattr(built, "b_module_data") else built.b_module_data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
