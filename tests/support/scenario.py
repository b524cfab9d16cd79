"""One molecule scenario in a folder of its own: what an earlier run left behind can neither help nor hinder it.

python -m support.scenario NAME

Asked to stop, it destroys what the scenario has created.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def main(name: str) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="pafar-molecule-", ignore_cleanup_errors=True) as folder:
        plugins = str(Path(__file__).parent / "callback_plugins")
        environment = {**os.environ, "MOLECULE_EPHEMERAL_DIRECTORY": folder, "ANSIBLE_CALLBACK_PLUGINS": plugins}
        with subprocess.Popen(["molecule", "test", "-s", name], env=environment) as molecule:
            try:
                return molecule.wait()
            except KeyboardInterrupt:
                molecule.send_signal(signal.SIGINT)
                molecule.wait()
                subprocess.run(["molecule", "destroy", "-s", name], env=environment, check=False)
                raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
