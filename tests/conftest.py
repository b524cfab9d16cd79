"""What holds for every test."""

import os
from pathlib import Path

# Workers of a parallel run are given a width; lines are cut to the terminal's, which is none in a test.
os.environ.pop("COLUMNS", None)
# Playbooks share what Ansible builds of the modules; see the plugin. Who names a folder of plugins keeps it.
os.environ.setdefault("ANSIBLE_CALLBACK_PLUGINS", str(Path(__file__).parent / "support/callback_plugins"))
