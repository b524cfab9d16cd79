# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: log_tail
short_description: Read the last matching records of many logs at once
version_added: 0.1.0
description:
  - Returns the last O(last) matching records of containers, the journal and files together, in the order of time. It
    filters before it counts, whereas C(docker logs --tail 100 | grep) filters only the last 100 lines.
  - Files are read from the end, and the start of the time range is found by bisection, so the cost does not depend on
    the size of the log. Files of the Docker log drivers V(json-file) and C(local) are read directly. With another
    driver, a remote engine or without root, the engine's API is used.
  - Replicas are merged by time. A line that the engine split, a traceback, a statement with its DETAIL and a private key
    are one record. Rotated files, also compressed ones, are read, also if the rotation happens during the read.
  - Lines may be late and clocks may have been set back, up to twenty minutes together; where more than that is met, more
    is read.
  - Secrets and payment card numbers are hidden. The result says what was not read, and where no record of a log says
    when it was written, how bad it is, or what O(where) asks for.
options:
  services:
    description: Services of the compose project whose containers are read. V(*) means all services.
    type: list
    elements: str
    default: []
  containers:
    description: Further containers, by name.
    type: list
    elements: str
    default: []
  units:
    description: systemd units whose journal is read.
    type: list
    elements: str
    default: []
  kernel:
    description: Whether to read the kernel messages of the journal.
    type: bool
    default: false
  files:
    description:
      - Absolute paths of files; wildcards are allowed, and of more than 200 files those that were written last are read.
        The forms of lines that are understood are listed in the collection's guide (docs/evidence.md). Files that were
        rotated from them (C(.1), C(.2.gz), C(-20261123.xz), C(.2026-11-23.0), C(app-20261123.log)) are read too. If a log
        begins after O(since), RV(sources) names files beside it that may be older parts of it (C(app-1.log)).
    type: list
    elements: str
    default: []
  project:
    description: Name of the compose project. Empty means the only one that the engine has.
    type: str
    default: ""
  since:
    description:
      - Start of the time range, as a duration before now (V(90), V(15m), V(2h), V(3d)) or a date (UTC if it has no
        time zone).
    type: str
    default: 1h
  until:
    description:
      - End of the time range, in the same form. Empty means no end, also for a log with a clock ahead of this host's.
    type: str
    default: ""
  last:
    description: Number of last matching records to return.
    type: int
    default: 100
  match:
    description: Python regular expression that is searched in the whole record. Empty matches all.
    type: str
    default: ""
  ignore_case:
    description: Whether O(match) ignores case.
    type: bool
    default: true
  level:
    description: Lowest level of the returned records. Empty means all, also records without a level.
    type: str
    default: ""
    choices: ["", debug, info, notice, warning, error, critical]
  where:
    description:
      - JMESPath expression over the fields of a record (JSON, logfmt, access logs, nginx, Apache, csvlog) and C(text), C(level),
        C(source) and C(stream). Records for which the result is empty, false or a type error are excluded. Needs the
        Python library jmespath.
    type: str
    default: ""
  signatures:
    description:
      - Number of kinds of warnings and errors to count and return, over all records since O(since). 0 disables it,
        which is faster, since the module then stops when it has enough records. With O(match) they are counted in the
        first half of O(max_seconds); what lies before is searched for O(match) alone, and RV(sources) says so.
    type: int
    default: 20
  new_since:
    description:
      - Time (as in O(since)) from which a kind of error counts as new, for example the last deploy. Empty disables it.
    type: str
    default: ""
  baseline:
    description: Seconds before O(new_since) that are read to know which kinds are not new.
    type: float
    default: 3600.0
  source:
    description: How containers are read. V(auto) reads their files where possible, and the API otherwise.
    type: str
    default: auto
    choices: [auto, file, api]
  timezone:
    description:
      - Time zone of times in files without one, as V(+01:00) or V(Europe/Berlin). Empty means the host's.
      - It also decides what an abbreviation means that several zones have (C(CST), C(IST)).
    type: str
    default: ""
  journal_directory:
    description: Directory of journal files. Empty means the journal of this host.
    type: str
    default: ""
  max_bytes:
    description: Largest number of bytes to read, over all logs. RV(truncated) is true if it was reached.
    type: int
    default: 1073741824
  max_seconds:
    description: Longest time to read, in seconds. RV(truncated) is true if it was reached.
    type: float
    default: 15.0
  follow:
    description:
      - Seconds for which the logs are followed, at most V(3600). Only records that are written from now on are
        returned; O(since) and O(new_since) do not apply. A record without a time in any of its lines does not count.
      - With O(match), O(level) or O(where) the module returns with the first record that is chosen, else at the end of
        that time. RV(followed) is how long it waited.
      - V(0) reads what is there. O(max_bytes) and O(max_seconds) limit each of the reads, which are a second apart.
    type: float
    default: 0.0
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Read the last failed payments of all replicas
  pafar.runbook.log_tail:
    services: [backend, celery-worker]
    since: 2h
    match: payment.*(failed|declined)
  register: payments

- name: Read the errors that are new since the deploy
  pafar.runbook.log_tail:
    services: ["*"]
    level: error
    new_since: "2026-11-24T08:30:00Z"

- name: Wait up to two minutes for the first payment that is accepted
  pafar.runbook.log_tail:
    services: [backend]
    match: payment accepted
    follow: 120

- name: Read requests with a 5xx status from the log of nginx
  pafar.runbook.log_tail:
    files: [/var/log/nginx/access.log]
    where: status >= `500`
"""

RETURN = r"""
entries:
  description:
    - The last matching records, the oldest first. C(at) is in seconds since 1970. C(fields) exists for structured
      lines.
  returned: success
  type: list
  elements: dict
  sample: [{"at": 1795488004.0, "source": "pafar-backend-1", "stream": "stderr", "level": "error", "text": "ERROR payment 7 failed"}]
  contains: &EntryReport
    at: {description: "Time of the record, in seconds since 1970.", type: float}
    source: {description: "Name of the log.", type: str}
    stream: {description: "V(stdout) or V(stderr), where it is known.", type: str}
    level: {description: "Severity of the record; empty where it has none.", type: str}
    text: {description: "Text of the record, with secrets hidden.", type: str}
    fields: {description: "Fields of a structured record; absent for other records.", type: dict}
matched:
  description: Number of matching records among those that were read.
  returned: success
  type: int
  sample: 1
more:
  description: Whether older matching records exist or may exist.
  returned: success
  type: bool
  sample: false
signatures:
  description:
    - Kinds of warnings and errors since O(since), new kinds first, then the most frequent. C(new) is null if nothing
      before O(new_since) was read. With O(new_since), counts and C(first_seen) start at O(baseline).
  returned: success
  type: list
  elements: dict
  sample: [{"signature": "0123456789ab", "text": "ERROR payment # failed", "level": "error", "count": 12, "new": true}]
  contains: &SignatureReport
    signature: {description: "Twelve hexadecimal digits that identify this kind of record.", type: str}
    text: {description: "Text common to the records of this kind.", type: str}
    level: {description: "Severity of the record; empty where it has none.", type: str}
    count: {description: "Number of records of this kind.", type: int}
    count_since: {description: "Number of them since O(new_since); all of them without it.", type: int}
    first_seen:
      description: "Time of the first record, in seconds since 1970; null where it is not known."
      type: float
    last_seen: {description: "Time of the last record, in seconds since 1970; null where it is not known.", type: float}
    new: {description: "Whether this kind is new; null where that is not known.", type: bool}
    sources: {description: "Names of the sources it was found in.", type: list, elements: str}
    example: {description: "One record of this kind, with secrets hidden; a long one without all frames.", type: str}
other_signatures:
  description: Number of records of kinds beyond the first 500.
  returned: success
  type: int
  sample: 0
requests:
  description:
    - HTTP requests among all matching records, also those beyond O(last), before and since O(new_since); from an hour before
      it on. Zero without O(new_since).
  returned: success
  type: dict
  contains: &RequestsOnBothSides
    before:
      description: "Before it."
      type: dict
      contains: &RequestsReport
        asked: {description: "Requests that were answered.", type: int}
        failed: {description: "Those of them that the server failed (5xx).", type: int}
    since:
      description: "Since then."
      type: dict
      contains: *RequestsReport
followed:
  description: Seconds for which the logs were followed; 0 without O(follow).
  returned: success
  type: float
  sample: 0.0
scanned_bytes:
  description:
    - Bytes that were searched for records. The reads of the bisection are not counted (some hundred of 2 KiB each).
  returned: success
  type: int
  sample: 65536
truncated:
  description:
    - Whether a part of the requested records was not read or not returned. C(left_out) of RV(sources) says which.
  returned: success
  type: bool
  sample: false
sources:
  description:
    - Each log. C(records), C(oldest) and C(scanned_bytes) describe what was read, C(left_out) what was not read or is
      not known of it, C(problem) why the log could not be read.
  returned: success
  type: list
  elements: dict
  sample: [{"source": "pafar-backend-1", "kind": "json-file", "records": 12, "left_out": [], "problem": ""}]
  contains: &SourceReport
    source: {description: "Name of the log.", type: str}
    kind: {description: "Kind of the log.", type: str}
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
