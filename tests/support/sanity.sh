#!/bin/sh
# ansible-test wants the collection under ansible_collections/NAMESPACE/NAME and by its physical path: stage a copy.
# It downloads its pip from a place that need not be reachable; Python brings one (ensurepip), put where it looks first.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT INT TERM
target=$stage/ansible_collections/pafar/runbook
mkdir -p "$target"
cd "$root"
git ls-files -coz --exclude-standard -- . ':!.collections' | tar --null -T - -cf - | tar -xf - -C "$target"
HOME=$stage/home
export HOME
mkdir -p "$HOME/.ansible/test/cache"
pip=$(python - <<'PYTHON'
import pathlib, re, ansible_test
text = (pathlib.Path(ansible_test.__path__[0]) / "_internal/python_requirements.py").read_text()
print(re.search(r"pip='([\d.]+)'", text).group(1).replace(".", "_"))
PYTHON
)
printf 'import ensurepip\nensurepip.bootstrap(upgrade=True)\n' > "$HOME/.ansible/test/cache/get_pip_$pip.py"
cd "$target"
ansible-test sanity --color no --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" "$@"
