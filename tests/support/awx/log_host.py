"""The host of the incident log, for jobs of AWX: a machine of its own as far as a job can see.

Ansible reaches it by its own connection plugin for SSH. What stands in for ``ssh`` executes the command here, with
another home, in which the log is. A job that looked for the log on the controller would find none, in a home that is
removed.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

LOG = "~/incidents"  # of the hosts' variable runbook_incident_log


def log_host(home: Path) -> dict[str, Any]:
    """Its variables in the inventory."""
    home.mkdir(exist_ok=True)
    script = home / "ssh"
    script.write_text(
        "#!/bin/sh\n# The last argument is the command.\nfor last; do :; done\n"
        f'cd {shlex.quote(str(home))} && HOME={shlex.quote(str(home))} exec /bin/sh -c "$last"\n'
    )
    script.chmod(0o755)
    return {
        "ansible_connection": "ssh", "ansible_host": "log.site.test", "ansible_ssh_executable": str(script),
        "ansible_pipelining": True, "ansible_python_interpreter": sys.executable,
    }  # fmt: skip
