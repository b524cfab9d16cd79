#!/bin/sh
# ansible-test wants the collection under ansible_collections/NAMESPACE/NAME and by its physical path: stage a copy.
# Its environments, one for each kind of test, stay under .cache for the next run, which builds what is not there.
# It downloads its pip from a place that need not be reachable; Python brings one, put where it looks first.
# Its `changelog` test is left out: it is antsibull-changelog's linter, which `make lint` runs.
# Without PAFAR_TESTS=all the Python of the tests is left out, which is not packed: ruff and mypy read it in every run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT INT TERM
target=$stage/ansible_collections/pafar/runbook
mkdir -p "$target"
cd "$root"
left=""
if [ "${PAFAR_TESTS:-}" != all ]; then
    left=":!tests/*.py"
    echo "LEFT TO make test-all: ansible-test sanity of the tests' own files ($(git ls-files -- 'tests/*.py' | wc -l) cases)"
fi
git ls-files -coz --exclude-standard -- . ':!.collections' ':!playbooks/collections' ${left:+"$left"} | tar --null -T - -cf - | tar -xf - -C "$target"
HOME=$root/.cache/ansible-test
[ "${#HOME}" -le 50 ] || HOME=$stage/home # the kernel reads 127 characters of a script's first line
export HOME
mkdir -p "$HOME/.ansible/test/cache"
pip=$(python - <<'PYTHON'
import pathlib, re, ansible_test
text = (pathlib.Path(ansible_test.__path__[0]) / "_internal/python_requirements.py").read_text()
print(re.search(r"pip='([\d.]+)'", text).group(1).replace(".", "_"))
PYTHON
)
cat > "$HOME/.ansible/test/cache/get_pip_$pip.py" <<'PYTHON'
# The wheels that ensurepip would have pip install are unpacked instead: the same files, in a tenth of the time.
import ensurepip, pathlib, sysconfig, zipfile
places = pathlib.Path(ensurepip.__file__).parent / "_bundled", pathlib.Path("/usr/share/python-wheels")
bundle = next((place for place in places if list(place.glob("pip-*.whl"))), places[0])
wheels = [path for name in ("pip", "setuptools") for path in bundle.glob(name + "-*.whl")]
for wheel in wheels:
    zipfile.ZipFile(wheel).extractall(sysconfig.get_path("purelib"))
if not wheels:
    ensurepip.bootstrap(upgrade=True)
PYTHON
cd "$target"
version=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
ansible-test sanity --color no --python "$version" --skip-test changelog "$@"
