# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: log_tail
short_description: Read the last matching records of many logs at once
version_added: 0.1.0
description:
  - Tells the last O(last) records that match, from containers, the journal and files together, in the order of time. It
    filters before it counts, where C(logs --tail | grep) filters what is left of a hundred lines.
  - Files are read from their end, and the beginning of the time that is asked for is found by bisection, so that the cost
    is what lies behind the last matches and not what the log holds. The files of the engine's drivers V(json-file) and
    C(local) are read directly; with another driver, an engine elsewhere or without root its API is asked.
  - Replicas are merged by time. A line that the engine split and a traceback are one record. Files that were rotated, also
    packed ones, are read on into, also when they are rotated in that moment.
  - Secrets and payment card numbers are hidden. What was not read is said.
options:
  services:
    description: Services of the compose project whose containers are read. V(*) stands for all of them.
    type: list
    elements: str
    default: []
  containers:
    description: Further containers, by name.
    type: list
    elements: str
    default: []
  units:
    description: Units of systemd whose journal is read.
    type: list
    elements: str
    default: []
  kernel:
    description: Whether the kernel's part of the journal is read too.
    type: bool
    default: false
  files:
    description:
      - Absolute paths of files whose lines begin with a time, like nginx's logs; wildcards are understood. Those that were
        rotated out of them (C(.1), C(.2.gz), C(-20261123.xz), C(.2026-11-23)) belong to them.
    type: list
    elements: str
    default: []
  project:
    description: Name of the compose project. Empty means the only one that the engine has.
    type: str
    default: ""
  since:
    description: From when on, as a length of time (V(90), V(15m), V(2h), V(3d)) or a date (UTC where it names no zone).
    type: str
    default: 1h
  until:
    description: Until when, in the same form. Empty means to the end, also of a log whose clock is ahead of this host's.
    type: str
    default: ""
  last:
    description: How many of the last matching records are told.
    type: int
    default: 100
  match:
    description: Regular expression (Python's) that is looked for in the whole record. Empty matches all.
    type: str
    default: ""
  ignore_case:
    description: Whether O(match) takes capital and small letters for the same.
    type: bool
    default: true
  level:
    description: Least level of the records that are told. Empty means all, also those that say none.
    type: str
    default: ""
    choices: ["", debug, info, notice, warning, error, critical]
  where:
    description:
      - JMESPath expression over a record's fields (of a JSON line, or what nginx says) beside C(text), C(level), C(source) and
        C(stream). Records for which it gives nothing, false or an error of type are left out. Needs the library jmespath.
    type: str
    default: ""
  signatures:
    description:
      - How many kinds of warnings and errors are counted and told, over all records since O(since). V(0) for none, which is
        faster, since reading ends when enough records were found.
    type: int
    default: 20
  new_since:
    description:
      - Moment (as in O(since)) from which on a kind of error counts as new, say the last deploy. Empty for none.
    type: str
    default: ""
  baseline:
    description: Seconds before O(new_since) that are read to know what is not new.
    type: float
    default: 3600.0
  source:
    description: How containers are read. V(auto) takes their files where it can, and the API else.
    type: str
    default: auto
    choices: [auto, file, api]
  timezone:
    description: Of times in files that name no zone, as V(+01:00) or V(Europe/Berlin). Empty means the host's.
    type: str
    default: ""
  journal_directory:
    description: Folder of journal files, where it is not this host's own journal.
    type: str
    default: ""
  max_bytes:
    description: Most bytes that are read, of all logs together. Reading ends there and says so.
    type: int
    default: 134217728
  max_seconds:
    description: Seconds after which reading ends and says so.
    type: float
    default: 15.0
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: The last payments that failed, over all replicas
  pafar.runbook.log_tail:
    services: [backend, celery-worker]
    since: 2h
    match: payment.*(failed|declined)
  register: payments

- name: Which errors are new since the deploy
  pafar.runbook.log_tail:
    services: ["*"]
    level: error
    new_since: "2026-11-24T08:30:00Z"

- name: Requests that nginx answered with 5xx
  pafar.runbook.log_tail:
    files: [/var/log/nginx/access.log]
    where: status >= `500`
"""

RETURN = r"""
entries:
  description:
    - The last records that match, the oldest first. C(at) (seconds since 1970), C(source), C(stream), C(level), C(text), and
      C(fields) where the line has some.
  returned: success
  type: list
  elements: dict
  sample: [{"at": 1795488004.0, "source": "pafar-backend-1", "stream": "stderr", "level": "error", "text": "ERROR payment 7 failed"}]
  contains: &EntryReport
    at: {description: "Time of the record, in seconds since 1970.", type: float}
    source: {description: "Name of the log.", type: str}
    stream: {description: "V(stdout) or V(stderr), where it is known.", type: str}
    level: {description: "Severity of the record; empty where it has none.", type: str}
    text: {description: "Text.", type: str}
    fields: {description: "Fields of a structured record; absent for other records.", type: dict}
matched:
  description: How many records matched, as far as was read.
  returned: success
  type: int
  sample: 1
more:
  description: Whether there are, or may be, older records that match.
  returned: success
  type: bool
  sample: false
signatures:
  description:
    - Kinds of warnings and errors since O(since), new ones first, then the most frequent. C(signature) (by which a kind is
      known again), C(text), C(level), C(count), C(first_seen), C(last_seen), C(new) (null where nothing before O(new_since)
      was read), C(sources), C(example). Counts and C(first_seen) are since the beginning of O(baseline) where O(new_since) is given.
  returned: success
  type: list
  elements: dict
  sample: [{"signature": "0123456789ab", "text": "ERROR payment # failed", "level": "error", "count": 12, "new": true}]
  contains: &SignatureReport
    signature: {description: "Twelve hexadecimal digits that identify this kind of record.", type: str}
    text: {description: "Text.", type: str}
    level: {description: "Severity of the record; empty where it has none.", type: str}
    count: {description: "Number of records of this kind.", type: int}
    first_seen: {description: "Time of the first record, in seconds since 1970; null where it is not known.", type: float}
    last_seen: {description: "Time of the last record, in seconds since 1970; null where it is not known.", type: float}
    new: {description: "Whether this kind is new; null where that is not known.", type: bool}
    sources: {description: "Sources.", type: list, elements: str}
    example: {description: "One record of this kind, with secrets hidden.", type: str}
other_signatures:
  description: Records of kinds beyond the 500 that are kept apart.
  returned: success
  type: int
  sample: 0
scanned_bytes:
  description:
    - Bytes in which records were looked for. The glances with which the beginning of the span is found are not
      counted, some hundred of 2 KiB each where lines are short, whatever the size of the file.
  returned: success
  type: int
  sample: 65536
truncated:
  description: Whether anything that was asked for was not read or not told; C(left_out) of the sources says what.
  returned: success
  type: bool
  sample: false
sources:
  description:
    - Each log. C(source), C(kind), C(place), C(records) (that were read), C(oldest) (of them), C(scanned_bytes), C(left_out)
      (clauses), and C(problem) where it could not be read.
  returned: success
  type: list
  elements: dict
  sample: [{"source": "pafar-backend-1", "kind": "json-file", "records": 12, "left_out": [], "problem": ""}]
  contains: &SourceReport
    source: {description: "Name of the log.", type: str}
    kind: {description: "Kind.", type: str}
    place: {description: "Location of the log.", type: str}
    records: {description: "Number of records that were read.", type: int}
    oldest: {description: "Time of the oldest record that was read, in seconds since 1970; null for none.", type: float}
    scanned_bytes: {description: "Bytes that were read.", type: int}
    left_out: {description: "What was not read, a clause each.", type: list, elements: str}
    problem: {description: "What is wrong, in a sentence; empty for nothing.", type: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import (
    ENGINE_ARGS,
    engine_login_of,
    named_project_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.reader import read
from ansible_collections.pafar.runbook.plugins.module_utils._logs.options import (
    LOG_ARGS,
    limits_of,
    wanted_of,
    where_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    where, query, limits = where_of(params), wanted_of(params), limits_of(params)
    return {"changed": False, **read(engine_login_of(params), named_project_of(params), where, query, limits)}


def main() -> None:
    finish(AnsibleModule(argument_spec={**ENGINE_ARGS, **LOG_ARGS}, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
