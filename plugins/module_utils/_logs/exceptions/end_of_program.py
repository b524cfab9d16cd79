# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What reports a failure without a level and without a traceback: shells, loaders, signals, Puma, pg_ctl. Pure.

A container that does not start often says one such line and no other.
"""

from __future__ import annotations

from ..._core.lazy import lazy

_WHY = (
    r"(?:(?:command )?not found|[Nn]o such file or directory|[Pp]ermission denied|[Ee]xec format error"
    r"|[Ii]s a directory|cannot execute(?:: required file not found)?|cannot execute binary file.{0,40}"
    r"|bad interpreter.{0,80}|[Uu]nbound variable|parameter not set|Text file busy|Cannot fork|Out of memory)\s*$"
)
# POSIX shells (dash, busybox, bash) by their name or that of a script, the engine's exec, interpreters.
_SHELL = (
    r"(?:(?:/[\w.-]{1,80}){0,9}/?\w{0,9}sh: (?:(?:line )?\d{1,6}: )?"
    r"|[\w.-]{0,80}/[\w./-]{1,200}: (?:line )?\d{1,6}: |exec )"
)
_NOT_STARTED = lazy(
    rf"{_SHELL}\S.{{0,300}}: {_WHY}"
    r"|(?:/\S{1,100}/)?(?:python|perl|ruby|php)[\d.]{0,6}: can't open (?:file|perl script) "
    r"|Could not open input file: \S+$"
)
# As a shell says of a program that a signal ended.
_SIGNAL = lazy(
    r"(?:\S{1,200}: line \d{1,6}: {1,4}\d{1,8} )?"
    r"(?:Killed|Aborted|Segmentation fault|Bus error|Illegal instruction|Floating point exception)"
    r"(?: \(core dumped\)(?: .{1,300})?| {4,}\S.{0,300})?\s*$"
)
_PUMA = lazy(
    r"(?:Rack app\b.{0,300}|(?:Read|Unknown|Listen loop)(?: error)?: )#<[A-Z]|! Unable to load application: "
    r"|#<(?:[A-Z]\w*::)*(?:\w*(?:Error|Exception)|Errno::[A-Z0-9]+): ."  # as Ruby inspects an exception
)


# PostgreSQL's programs, which write no severity before the server has read its settings. That none runs is an answer of
# pg_ctl, and no failure.
_POSTGRES = lazy(
    r"pg_ctl: (?:could not|cannot|server (?:did not|does not)"
    r'|directory ".{1,200}" (?:does not exist|is not a database))'
    r"|postgres(?:: (?:could not|cannot|invalid argument)| (?:does not know where to|cannot) )"
    r'|"root" execution of the PostgreSQL server is not permitted'
)


def reports_end(head: str) -> bool:
    """Whether the beginning of a line reports that a program was not started, was killed, or failed at a request.

    >>> reports_end("sh: 1: gunicorn: not found"), reports_end("Killed"), reports_end("Killed 3 old workers")
    (True, True, False)
    """
    first = head[:1]
    if first in "RUL#!" and _PUMA.match(head):
        return True
    if first in "KASBIF/." and _SIGNAL.match(head):
        return True
    if first in 'p"' and _POSTGRES.match(head):
        return True
    # A cheap test, since nearly every line without a level is another one.
    named = first in "/." or head[:5] == "exec " or "sh: " in head[:12] or " open " in head[:24]
    return named and bool(_NOT_STARTED.match(head))
