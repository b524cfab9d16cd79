# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which lines of a log are one record: tracebacks, statements, keys of several lines. Pure.

Tracebacks of Python, Java, Node, Go, Rust, PHP, Ruby and Rails, Elixir, .NET; SQLAlchemy's statement and parameters;
PostgreSQL's DETAIL, HINT, CONTEXT, QUERY, STATEMENT and LOCATION, each of which has its own prefix; private keys.
"""

from __future__ import annotations

from typing import Sequence

from .._core.lazy import lazy
from .dates import Zone, whole_date
from .level import DETAILS, EXCEPTION_TYPE, GRAVE, QUALIFIED, SYSLOG_HEAD, TRACEBACK, level_of
from .line import bare_head, time_of
from .wrapping import without_colours

_EXAMINED = 400  # characters of a line in which it is seen how it begins
_ANY_TYPE = r"(?:\[\.\.\.\])?"
_GO_FUNCTION = (
    rf"[\w.-]+(?:/[\w.@~%-]+)*\.(?:\(\*?\w+{_ANY_TYPE}\)\.)?\w+{_ANY_TYPE}(?:\.(?:func|gowrap|deferwrap)?\d+)*"
)
# app/x.rb:3:in 'pay', activerecord (7.1.2) lib/active_record/x.rb:3:in 'pay'
_RUBY_FRAME = r"(?:[\w.-]+ \([\w.]+\) )?/?(?:[\w.-]+/)+[\w.-]+\.(?:rb|erb|haml|slim):\d+:in "
# Rails writes the tags of a request before each line of a record, and its logger's own beginning before the first one.
# Alone only a request's number tells that a line is of one, and blanks behind any tag: see _is_tagged.
_TAG = lazy(
    r"\[(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27}|req[-_]\w{2,40})\] ?(?:\[[^\][]{1,80}\] ?)*"
    r"|(?:\[[^\][]{1,80}\] )+(?=  \s*$)"
)
_TAGS = lazy(r"(?:\[[^\][]{1,80}\] ?)+")
_RUBY_HEAD = lazy(r"[DIWEFA], \[\d{4}-\d\d-\d\dT[\d:.]{8,18} #\d{1,8}\] {1,2}[A-Z]{3,5} -- [^:]{0,60}: ")
_OF_TAGGED = lazy(r"\s|Causes:|" + _RUBY_FRAME)
_BARE = r"(?:Error|Exception|Warning)\b"  # alone these are words of any line
_GOES_ON = lazy(
    r"(?:\s|\)|\}|\]|Traceback \(most|Caused by\b|During handling\b|The above exception\b|\.\.\. \d+ more"
    rf"|(?!{_BARE}){QUALIFIED}\w*(?:Error|Exception|Warning)\b"
    r"(?:: |:?$| \(| \[\w{3,60}\](?::|$))|Error: "
    r"|(?:\w+\.)+\w+(?:[:(]|$)"
    r"|> File \"|KeyboardInterrupt\b|SystemExit\b|(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+):"
    # Go
    r"|goroutine \d+ \[|created by \S|panic\(\S.{0,300}\)$|\[signal |exit status \d"
    rf"|{_GO_FUNCTION}\(.*\)$"
    # PHP, Laravel
    r"|#\d+ {1,2}(?:\{main\}|\[internal function\]|\S{1,300}\(\d+\)|0x[0-9a-f]+ |[\w:]{1,80} \()"
    r"|\[(?:stacktrace|previous exception)\]|Stack trace:"
    r"|Next (?:\w+\\)*\w+(?:Error|Exception)|\"\} ?$|PHP Stack trace:|PHP {1,4}\d+\. "
    # Rust
    r"|note: (?:run with|Some details)|[Ss]tack backtrace:"
    # .NET
    r"|---> \(Inner Exception #\d"
    # Ruby
    rf"|{_RUBY_FRAME}"
    # Elixir
    r"|\*\* \(|Last message\b|State: [%\[{(#:\"]|Function: [&#]|Args: \[|Initial Call: |Ancestors: |Message Queue"
    # asyncio's handler of exceptions, Haskell, InnoDB
    r"|(?:future|task|handle|protocol|transport|client_session|connector): <"
    r"|source_traceback: |CallStack \(from|InnoDB: \S"
    # Node
    r"|Node\.js v\d|\^+\s*$"
    # SQLAlchemy
    r"|\[SQL: |\[parameters: |\(Background on this error"
    # MySQL's log of slow statements
    r"|# (?:User@Host|Query_time|Thread_id|Schema|Rows_|Bytes_|QC_hit|Full_scan)"
    r"|SET timestamp=\d+;|use [\w`]{1,80};\s*$)"
)
# Records that begin with blanks: Consul's and Nomad's agents, levels that are aligned to the right (tracing without a
# time, Python's %(levelname)8s), Next.js.
_ANEW = lazy(
    r" {1,12}\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d\S{0,20} {1,8}[\[<(]?"
    r"(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|panic)(?:[\]>):,]|\s|$)"
    r"| {1,6}\d{1,8}:\d{8}:\d{6}\.\d{3} "  # Zabbix
    r"|(?: (?:INFO|WARN|NOTICE|WARNING)|    ?(?:INFO|WARN)|   (?:ERROR|DEBUG|TRACE|FATAL))(?::? {1,4}|\] ?)[\w\[{<(]"
    r"| (?:[⨯✗✘✖⚠✓✔○●▲ℹ]\ufe0f?|(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S{0,2000} \d{3} in \d)"  # noqa: RUF001
)
# Of a statement of several lines, where the line above is of one, too: these are words of any text.
_OF_STATEMENT = lazy(
    r"(?:FROM|WHERE|VALUES|GROUP BY|ORDER BY|LIMIT|RETURNING|HAVING|(?:INNER|LEFT|RIGHT|OUTER|CROSS) |JOIN|UNION|AND|OR"
    r"|SET)(?: \S|[(\"`'])"
)
_STATEMENT = lazy(
    r"\s|.{0,300}\b(?i:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE INTO|FROM|WHERE|VALUES|JOIN|UNION|ORDER BY)\b"
)
_SLOW = lazy(r"(?:SET timestamp=\d+|use [\w`]{1,80});\s*$")
# A frame of a stack trace, or what ends one: Java, Node, .NET, Ruby, Rust.
_OF_TRACE = lazy(r"\s+at \S|\s*\.\.\. \d+ (?:more|common)|\tfrom \S|\}\s*$|   \d+: ")
_POSTGRES_MORE = lazy(rf".{{0,300}}?(?<![\w./-])(?:{DETAILS}):  \S")
_PHP_MORE = lazy(r"\[\d\d-[A-Z][a-z]{2}-\d{4} [^\]]{8,60}\] PHP (?:Stack trace:| {1,4}\d+\. )")
# PostgreSQL through syslog: the number of a message, and which line of it this is.
_OF_MESSAGE = lazy(r"\[(\d{1,9})-(\d{1,5})\] ")
_PROCESS = lazy(r"\[(\d{1,8})(?:-\d+)?\]")
# May be the end of a traceback, by the line before it: psycopg2.errors.DeadlockDetected: ..., also name.of.logger: ...
_MAY_END = lazy(r"(?:(?:\w+\.)+\w+(?:[:(]|$)|KeyboardInterrupt\b|SystemExit\b)")
_GO_CALL = lazy(rf"{_GO_FUNCTION}\(.*\)$")
# zap: the function alone, and the place in it on the next line
_GO_NAME, _GO_PLACE = lazy(rf"{_GO_FUNCTION}$"), lazy(r"\t\S+\.(?:go|s):\d+(?: \+0x|$)")
# pydantic: the name of the field, and what is wrong with it on the next line
_FIELD, _OF_FIELD = lazy(r"[\w.\[\]`(),-]{1,200}$"), lazy(r"  \S.{0,2000}\[type=\w+[,\]]")
_EXCEPTION = lazy(rf"(?:(?:Uncaught )?(?!{_BARE}){EXCEPTION_TYPE}|Error: |\*\* \(\w)")
_TROUBLE = lazy(r"(?i)exception|error|fail|unhandled|uncaught|crash|panic|terminat")
_FRAME = lazy(r"(?:  File \"|    \S)")
_RAISED = lazy(r"[A-Z]\w{2,80}(?:: |$)")
_PLACE = lazy(r"(?:node:|file://|/)\S+:\d+$")
_PANICKED = lazy(r"panicked at \S{1,300}:\d+:\d+:$")
_JAVA_HEAD = lazy(r"[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d\d:\d\d [AP]M \S+(?: \S+)?$")
_CSV = lazy(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z+-][\w+:-]{0,8},(?:\"|,)")
_JAVA_LEVEL = lazy(r"(?:SEVERE|WARNING|INFO|CONFIG|FINE\w*): ")
# The end of a record of csvlog: the program, the kind of process, the leader and the query's number
_CSV_ENDS = lazy(r',"[^"]{0,64}","[a-z][a-z ]{2,40}"(?:,\d*,-?\d*)?$')
_OF_PHOENIX = lazy(r"(?:Server: \S{1,300} \(https?\)|Request: [A-Z]{3,7} /\S*)$")
# Levels that begin a line, as a cheap test.
_LEVEL_FIRST = (
    "INFO", "WARN", "ERR", "DEBUG", "TRACE", "NOTICE", "CRIT", "FATAL", "PANIC", "info", "warn", "err", "debug",
    "trace", "notice", "crit", "fatal", "panic", "<",
)  # fmt: skip
# One of them stands where a level or an exception is that is grave, as a cheap test.
_GRAVE_WORDS = ("err", "exception", "fatal", "crit", "severe", "panic", "alert", "emerg", "fail", "fehler")
_LOGGER_LAST = lazy(r"(?:ERROR|FATAL|CRITICAL|SEVERE) {1,4}\[[\w.$:-]{1,80}\]$")  # Nest, and nothing behind it
_FRAME_BEHIND = "\n    at "
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN ", "-----END "
_KEY_BODY = lazy(
    r"(?:^|[\s|\"'>:])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{40,100}={0,2}$"
)
_KEY_REST = lazy(r"(?:^|[\s|\"'>:])[A-Za-z0-9+/]{2,}={0,2}$")


def goes_on(line: str) -> bool:
    """Whether a line belongs to the one before: indented, or the end of a traceback. One with a time begins anew.

    An indented one does, too, where a level follows its time, or stands where levels are aligned.
    """
    if not line:
        return True
    if ":  " in line and line[:1] != "{" and _POSTGRES_MORE.match(line):
        return True
    if _KEY_ENDS in line and "PRIVATE KEY" in line and _KEY_BEGINS not in line:
        return True
    if ends_csv(line):
        return True
    if line[:1].isdigit():
        return False
    if line[:1] == " " and _begins_anew(line):
        return False
    head = bare_head(line) if line[:1] in "\x1b\x00^#\\" else line
    if head[:1] == "[":
        tag = _TAG.match(head)
        if tag:
            head = head[tag.end() :]
            return not head.strip() or bool(_GOES_ON.match(head))
        if _PHP_MORE.match(head):
            return True
    return bool(_GOES_ON.match(head)) and (line[:1].isspace() or time_of(line, Zone()) is None)


def _begins_anew(line: str) -> bool:
    """Whether a line that begins with blanks is the first one of a record all the same."""
    return bool(_ANEW.match(without_colours(line[:_EXAMINED])))


def joins(older: str, newer: str) -> bool:
    """Whether a line belongs to the one before it by what that one is, though it could begin a record itself."""
    if not newer or not older:
        return False
    if is_key_body(newer):
        return (_KEY_BEGINS in older and "PRIVATE KEY" in older) or is_key_body(older)
    inspected = newer[:2] == "#<" and older[-2:] == " }" and " error handling request { " in older  # Puma up to 4
    tagged = newer[:1] == "[" and _is_tagged(older, newer)
    placed = _PLACE.match(older) and newer[:1] not in "/[{<" and time_of(newer, Zone()) is None
    if tagged or inspected or _PANICKED.search(older) or placed:
        return True
    if _CSV.match(older) and older.count('"') % 2:  # csvlog: a line feed within a value
        return _CSV.match(newer) is None
    if "]: " in newer[:160] and "]: " in older[:160]:
        return _in_syslog(older, newer)
    if len(older) < 60 and whole_date(older, Zone()) is not None:  # Oracle writes the time on a line of its own
        return time_of(newer, Zone()) is None
    if _SLOW.match(older):
        return newer[:2] != "# " and time_of(newer, Zone()) is None
    if _OF_STATEMENT.match(newer):
        return bool(_STATEMENT.match(older)) and not level_of(newer)
    if _JAVA_LEVEL.match(newer):
        return bool(_JAVA_HEAD.match(older))
    return _of_beam(older, newer) or (bool(_RAISED.match(newer)) and bool(_FRAME.match(older)) and not level_of(newer))


def _is_tagged(older: str, newer: str) -> bool:
    """The same for Ruby's logger with tags: the first line of a record has its beginning, each one has the tags."""
    first = newer[: newer.find("]") + 1]
    head = _RUBY_HEAD.match(older) if older[1:3] == ", " else None
    start = head.end() if head else 0
    if not first or not older.startswith(first, start):
        return False
    if head is None:  # a line may be a record of its own
        tags, above = _TAGS.match(newer), _TAGS.match(older)
        if tags is None or above is None or tags.group().rstrip() != above.group().rstrip():
            return False
        before, text = older[above.end() :].strip(), newer[tags.end() :]
        if before == text.strip() == "":  # words in brackets, as [OK]
            return False
        if before not in ("", "Causes:") and text.strip() and not _OF_TAGGED.match(text):
            return False
    return first[1:-1].strip().lower() not in GRAVE and time_of(newer, Zone()) is None


def _of_beam(older: str, newer: str) -> bool:
    """The same for Erlang's reports, and for what Phoenix says of a request that failed."""
    if newer[:1] in "SR" and _OF_PHOENIX.match(newer):
        return older.startswith("Server: ") if newer[:1] == "R" else older.endswith(" terminated")
    return older[:1] == "=" and older[-4:] == " ===" and bool(newer.strip()) and time_of(newer, Zone()) is None


def _in_syslog(older: str, newer: str) -> bool:
    """The same where each line of a program's traceback has syslog's own beginning, with the number of its process."""
    before, head = SYSLOG_HEAD.match(older), SYSLOG_HEAD.match(newer)
    if before is None or head is None or before.group(1) != head.group(1):
        return False
    above, text = older[before.end() :], newer[head.end() :]
    if text[:1] in (" ", "\t"):
        return not _begins_anew(text)
    lines = _OF_MESSAGE.match(above), _OF_MESSAGE.match(text)
    if lines[0] and lines[1]:
        return lines[0].group(1) == lines[1].group(1) and lines[1].group(2) != "1"
    ends = _RAISED.match(text) or _EXCEPTION.match(text) or _MAY_END.match(text)
    return bool(_FRAME.match(above)) and bool(ends)


def is_own(tail: str, line: str) -> bool:
    """Whether a traceback, or the line of an exception, is a matter of its own.

    A line before it that reports no error did not cause it; nor did the end of another traceback,
    unless the text says that one came from the other. A DETAIL is of the process that it names.
    """
    if _POSTGRES_MORE.match(tail):
        processes = _PROCESS.search(tail), _PROCESS.search(line)
        return bool(processes[0] and processes[1] and processes[0].group(1) != processes[1].group(1))
    begins = bool(TRACEBACK.match(tail))
    if not (begins or _EXCEPTION.match(tail)):
        return bool(_MAY_END.match(tail)) and not _GO_CALL.match(tail) and not line[:1].isspace()
    # Above the first line of a trace the frames of another one end, or an exception without any.
    if _EXCEPTION.match(line) or (not begins and _OF_TRACE.match(line)):
        return True
    if goes_on(line) or _OF_PHOENIX.match(line):
        return False
    level = level_of(line)
    return level in ("debug", "info", "notice") or (not level and not _TROUBLE.search(line) and not _is_place(line))


def _is_place(line: str) -> bool:
    """Node's first line of an exception that was not caught: the file and the line in it."""
    return bool(_PLACE.match(line))


def leads(line: str, newer: str) -> bool:
    """Whether a line is of a record that began before it, as the line behind it shows."""
    if newer[:1] == "\t":
        return bool(_GO_NAME.match(line) and _GO_PLACE.match(newer))
    return newer[:2] == "  " and bool(_FIELD.match(line) and _OF_FIELD.match(newer))


def may_lead(line: str) -> bool:
    """Whether the line behind it could show that."""
    return bool(_GO_NAME.match(line) or _FIELD.match(line))


def says_nothing(record: str) -> bool:
    """Whether a record reports an error and ends where its message would begin: what failed stands on the lines below.

    Spring: ``ERROR 1 --- [main] o.s.b.d.LoggingFailureAnalysisReporter   :``, Prisma: ``PrismaClientUnknownError:``.
    """
    if record[-1:] not in ":] \n\r":
        return False
    low = record[:_EXAMINED].lower()
    if not any(word in low for word in _GRAVE_WORDS):
        return False
    last = record.rstrip()
    ends = last[-1:] == ":" or bool(_LOGGER_LAST.search(last, max(0, len(last) - 120)))
    return ends and level_of(record) in ("error", "critical")


def may_be_below(record: str) -> bool:
    """Whether a record could be a part of the message of one above it; a cheap test."""
    return not (record[:1].isdigit() or record[:2] == '{"' or record[:1] == "[" or record.startswith(_LEVEL_FIRST))


def is_below(record: str) -> bool:
    """The same for certain: it has no time and no level of its own, and is no exception with its traceback."""
    if not may_be_below(record) or time_of(record, Zone()) is not None or TRACEBACK.match(record):
        return False
    return level_of(record) not in ("debug", "info", "notice")


def parts_below(record: str, below: Sequence[str]) -> int:
    """How many of the records below one are its message; ``below``: in their order. Of a program that writes no times
    only what ends with the frames of a trace is known to be."""
    count = next((place for place, part in enumerate(below) if not is_below(part)), len(below))
    if time_of(record, Zone()) is not None:
        return count
    return next((place + 1 for place, part in enumerate(below[:count]) if _FRAME_BEHIND in part), 0)


def begins_csv(line: str) -> bool:
    return _CSV.match(line) is not None


def ends_csv(line: str) -> bool:
    """Whether a line ends a record of csvlog that began on another one: one of its quotes closes what is open there."""
    if line[-1:] not in '"0123456789,' or line.count('"') % 2 == 0 or line.count(",") < 4:
        return False
    return _CSV_ENDS.search(line, max(0, len(line) - 200)) is not None and not begins_csv(line)


def ends_key(line: str) -> bool:
    return _KEY_ENDS in line and "PRIVATE KEY" in line and _KEY_BEGINS not in line


def begins_key(line: str) -> bool:
    return _KEY_BEGINS in line and "PRIVATE KEY" in line


def is_key_body(line: str) -> bool:
    """Whether a line ends with what a line of a private key is made of."""
    return bool(_KEY_BODY.search(line))


def in_key(line: str) -> bool:
    """The same inside of a key, the last line of which may be short, and which may have headers."""
    return bool(_KEY_REST.search(line)) or not line.strip() or "Proc-Type:" in line or "DEK-Info:" in line
