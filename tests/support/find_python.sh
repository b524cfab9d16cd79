#!/bin/sh
# Prints the first Python that is new enough and really runs (a shim may exist and fail).
# The distribution's is built with profile-guided optimisation, one that was compiled by a version manager often is not:
# the same run takes a fifth more processor time then.
for name in ${PYTHON:-} /usr/bin/python3 python3.13 python3.12 python3.11 python3 python3.14; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
echo "No Python 3.11 or newer with venv was found. Install one (on Debian: apt-get install python3-venv)," \
    "or name it: make setup PYTHON=/path/to/python3." >&2
exit 1
