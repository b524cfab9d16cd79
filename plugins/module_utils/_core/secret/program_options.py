# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that are a password only to the program before them: ``mysql -px``, ``curl -u name:x``. Pure.

Sources: the manuals of the programs named. An option belongs to the last program before it, at most 400 characters
away and not behind the end of its command. Programs and options are looked for apart, each once: a line that names a
program a thousand times costs no more than another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from ..lazy import lazy
from .secret_names import HIDDEN
from .stand_ins import is_whole_reference

# Between two words, also of a list, of a record of auditd (a0="mysql" a1="-px") and of /proc's cmdline.
GAP = r"(?:\s{1,4}|[\"'],\s?[\"']|[\"']?\sa\d{1,3}=[\"']?|\x00|\\(?:0|x00|u0000))"
WORD = r"(?:'[^']{1,4096}'?|\"[^\"]{1,4096}\"?|(?!\\[\"'])[^\s\"',\]\x00]+)"
_FAR = 400
_ENDS = lazy(r"[|;&\n]")  # of a command


class _Option(NamedTuple):
    """``words``: one of them is in every text with the program. ``option``: its first group stays, the rest goes."""

    words: tuple[str, ...]
    program: re.Pattern[str]
    option: re.Pattern[str]


def _option(words: str, program: str, option: str, value: str = WORD) -> _Option:
    """``words`` are apart by a bar, since some of them end with a blank."""
    return _Option(tuple(words.split("|")), lazy(program), lazy(rf"({GAP}{option}){value}"))


_OPTIONS = (
    _option(
        "mysql|mariadb|mydumper|myloader|mycli",
        r"\b(?:mysql(?:dump|admin|import|check|pump|slap|sh)?|mariadb(?:-\w{2,10})?|mydumper|myloader|mycli)\b",
        r"-p",
    ),
    _option("mysqladmin", r"\bmysqladmin\b", rf"password{GAP}"),
    _option("-cli", r"\b(?:redis|valkey|keydb)-cli\b", rf"-a{GAP}"),
    # curl's cookies
    _option(
        "curl",
        r"\bcurl\b",
        rf"-[a-zA-Z]{{0,6}}b{GAP}?",
        r"(?:\"[\w.-]{1,80}=[^\"]{0,4096}\"?|'[\w.-]{1,80}=[^']{0,4096}'?|[\w.-]{1,80}=[^\s\"']+)",
    ),
    # Programs to which -p is a password, as a word of its own.
    _option(
        "cypher-shell|rabbitmqadmin|couchbase-cli|cbq |oc login|twine|useradd|usermod|ncftp|psexec|PsExec",
        r"\b(?:cypher-shell|rabbitmqadmin|couchbase-cli|cbq|oc\s+login|twine|useradd|usermod|ncftp\w{0,4}"
        r"|[Pp]s[Ee]xec(?:64)?(?:\.exe)?)\b",
        rf"-p{GAP}?(?!-)",
    ),
    _option("mosquitto_", r"\bmosquitto_\w{2,4}\b", rf"-P{GAP}?"),
    _option("swaks", r"\bswaks\b", rf"-ap{GAP}"),
    _option("put-parameter", r"\bput-parameter\b", rf"--value(?:{GAP}|=)"),
    _option("gh secret", r"\bgh\s+secret\s+set\b", rf"(?:--body|-b)(?:{GAP}|=)"),
    _option(
        "curl|wget|http|etcdctl|xh |hey ",
        r"\b(?:curl|wget|https?(?:ie)?|etcdctl|xhs?|hey)\b",
        rf"(?:-[a-zA-Z]{{0,6}}[uU]|-a|--(?:proxy-|ftp-|http-)?user|--auth)(?:{GAP}|=)?"
        r"(?:(?P<quote>[\"'])|(?!-))[^\s:\"']{1,200}:",
        r"(?(quote)[^\"']+|[^\s\"']+)",
    ),
    _option("ab ", r"\bab\b", rf"-[AP]{GAP}[\"']?[^\s:\"'-][^\s:\"']{{0,200}}:", r"[^\s\"']+"),
    _option(
        "login",
        r"\b(?:docker|podman|nerdctl|buildah|skopeo|helm|oras|crane|az)\s+(?:registry\s+|auth\s+|acr\s+)?login\b",
        rf"-p{GAP}",
    ),
    _option("mongo", r"\bmongo(?:sh|dump|restore|export|import|stat|top)?\b", rf"-p{GAP}?"),
    _option("cqlsh", r"\bcqlsh\b", rf"-p{GAP}?"),
    _option("sqlcmd|bcp |isql|osql", r"\b(?:sqlcmd|bcp|isql|osql)\b", rf"-P{GAP}?"),
    _option("ldap", r"\bldap(?:search|modify|add|delete|whoami|compare|passwd)\b", rf"-w{GAP}?(?!-)"),
    _option("ldappasswd", r"\bldappasswd\b", rf"-[as]{GAP}?(?!-)"),
    _option("lftp", r"\blftp\b", rf"-u{GAP}?[^\s,]{{1,200}},"),
    # of Samba
    _option(
        "smb|rpcclient|net |wbinfo|ntlm_auth|samba-tool|winexe|cifs",
        r"\b(?:smb\w{2,8}|rpcclient|net|wbinfo|ntlm_auth|samba-tool|winexe|mount\.cifs)\b",
        rf"(?:-[UaA]|--(?:user(?:name)?|authenticate))(?:{GAP}|=)?[\"']?[^\s%\"']{{1,200}}%",
    ),
    _option("ipmitool", r"\bipmitool\b", rf"-P{GAP}"),
    _option("snmp", r"\bsnmp(?:get|walk|bulkwalk|set|table)\b", rf"-[AXc]{GAP}?"),
    _option("zip ", r"\b(?:un)?zip\b", rf"-P{GAP}?"),
    _option("7z|rar ", r"\b(?:7z[ar]?|rar|unrar)\b", r"-p", r"[^\s\"',\]]+"),
    _option("ssh-keygen", r"\bssh-keygen\b", rf"-[NP]{GAP}"),
    _option("openssl", r"\bopenssl\s+enc\b", rf"-k{GAP}"),
)
# To any other program: -u name:x. To those that begin processes it is a user and a group.
_PLAIN = lazy(
    rf"(?<![^\s\"'=\x000])((?:-u|--(?:user|auth|basic-auth|http-auth))(?:{GAP}|=)[\"']?([A-Za-z][\w.@+-]{{0,63}}):)"
    r"([^\s\"':,\]\x00/][^\s\"':,\]\x00]{2,511})(?=[\"'\])]{0,2}(?:$|[\s,;&|\x00]|\\[0xu]))"
)
_BEGINS = lazy(
    r"\b(?:docker|podman|nerdctl|ctr|crictl|buildah|compose|kubectl|chroot|chpst|s6-\w+|runuser|gosu|su-exec|setpriv"
    r"|unshare|spawn-fcgi|start-stop-daemon|lxc\S*|systemd-\w+|bwrap|uwsgi|apptainer|rsync|chown|install|sudo|su)\b"
)
_GROUPS = frozenset(
    [
        "root", "wheel", "users", "nogroup", "nobody", "staff", "adm", "daemon", "sys", "bin", "www-data", "docker",
        "audio", "video", "disk", "mail", "news", "admin", "group", "nginx", "apache", "http", "app", "none", "syslog"
    ]
)  # fmt: skip


def without_program_options(text: str) -> str:
    """The text without what an option gives a program as a password.

    >>> without_program_options("mysql -u root -px1 app"), without_program_options("mkdir -px1 app")
    ('mysql -u root -p(hidden) app', 'mkdir -px1 app')
    """
    for words, program, option in _OPTIONS:
        if any(word in text for word in words):
            text = _without(text, program, option)
    return _without_plain(text) if ":" in text else text


def _without_plain(text: str) -> str:
    begins: list[int] | None = None

    def hide(match: re.Match[str]) -> str:
        nonlocal begins
        name, value = match.group(2), match.group(3)
        if value.isdigit() or value in (name, HIDDEN) or value in _GROUPS or is_whole_reference(value):
            return match.group()
        begins = [found.end() for found in _BEGINS.finditer(text)] if begins is None else begins
        number = bisect_right(begins, match.start())
        begin = begins[number - 1] if number else -_FAR
        near = match.start() - begin < _FAR and not _ENDS.search(text, begin, match.start())
        return match.group() if near else f"{match.group(1)}{HIDDEN}"

    return _PLAIN.sub(hide, text)


def _without(text: str, program: re.Pattern[str], option: re.Pattern[str]) -> str:
    begins = [match.end() for match in program.finditer(text)]  # where the words of each program begin
    kept: list[str] = []
    place = over = 0  # the programs before ``over`` had their option, or their command has ended
    for match in option.finditer(text, begins[0]) if begins else ():
        number = bisect_right(begins, match.start())
        begin = begins[number - 1]
        if number <= over or match.start() - begin > _FAR:
            continue
        over = number
        value = match.group()[len(match.group(1)) :]
        if not _ENDS.search(text, begin, match.start()) and not is_whole_reference(value.strip("\"'")):
            kept += [text[place : match.end(1)], HIDDEN]
            place = match.end()
    return "".join([*kept, text[place:]])
