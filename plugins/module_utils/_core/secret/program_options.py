# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that are a password only to the program before them: ``mysql -px``, ``curl -u name:x``. Pure.

Sources: the manuals of the programs named. An option belongs to the last program before it, at most 400 characters
away and not behind the end of its command, and a program may have several. Programs, options and ends of commands are
looked for apart, each once: a line that names a program a thousand times costs no more than another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Callable, NamedTuple

from ..lazy import lazy
from .secret_names import HIDDEN
from .stand_ins import is_whole_reference

# Between two words, also of a list, of a record of auditd (a0="mysql" a1="-px") and of /proc's cmdline.
GAP = r"(?:\s{1,4}|[\"'],\s?[\"']|[\"']?\sa\d{1,3}=[\"']?|\x00|\\(?:0|x00|u0000))"
WORD = r"(?:'[^']{1,4096}'?|\"[^\"]{1,4096}\"?|(?!\\[\"'])[^\s\"',\]\x00]+)"
_FAR = 400
# The end of a command; what is quoted is none: mysql -e "SHOW STATUS;" -px. An apostrophe of prose quotes nothing.
_ENDS = lazy(r"\"[^\"\n]{0,400}\"|'(?!(?:t|s|re|ve|ll|d|m)\b)[^'\n]{0,400}'|([|;&]|(?<!\\)\n)")
_QUOTE = lazy(r"\\{0,7}[\"']")


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
    _option(
        "curl",
        r"\bcurl\b",
        rf"(?:-[a-zA-Z]{{0,6}}E|--(?:proxy-)?cert)(?:{GAP}|=)?[\"']?[^\s:\"']{{1,400}}:",
        r"[^\s\"']+",
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
    r"([^\s\"':,\]\x00/][^\s\"':,\]\x00]{2,511})(?=[\"'\])}]{0,4}(?:$|[\s,;&|\x00]|\\[0xu]))"
)
_BEGINS = lazy(
    r"\b(?:docker|podman|nerdctl|ctr|crictl|buildah|compose|kubectl|chroot|chpst|s6-\w+|runuser|gosu|su-exec|setpriv"
    r"|unshare|spawn-fcgi|start-stop-daemon|lxc\S*|systemd-\w+|bwrap|uwsgi|apptainer|sudo|su)\b"
    # to these -u is something else, and they begin no other program
    r"|(?P<alone>(?m:^|[|;&(>$#+]|\b(?:sudo|exec|RUN|-c))\s{0,4}[\"']?"
    r"(?:rsync|rclone|chown|install|git|diff|setfacl|sort|cp|tar)\b)"
)
# What stands between such a program and its options: verbs, and options with a value each.
_VERBS = frozenset(
    ["compose", "container", "service", "stack", "run", "exec", "create", "update", "start", "up", "pod"]
)
_APART = lazy(r"(?:[\s\"',\[\]]|\x00|\\(?:0|x00|u0000)|\ba\d{1,3}=)+")
_FLAG = lazy(
    r"-[dEHSknKbitPqT]{1,6}$|--(?:rm|detach|interactive|tty|privileged|init|read-only|no-deps|service-ports|build|quiet"
    r"|remove-orphans|login|preserve-env|non-interactive|stdin|background|no-healthcheck|sig-proxy|all|scope|pty|wait|pipe)$"
)
_PROGRAM = lazy(r"(?:(?m:^)|[|;&]) {0,4}([A-Za-z][\w.-]{1,60})(?: [^|;&\n]{0,200})?$")
_STEM = lazy(r"([A-Za-z]{2,40})\d{0,2}$")
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
    begins: list[re.Match[str]] | None = None
    ends: list[int] = []
    own: dict[int, int] = {}  # where the options of each program that begins a process end

    def hide(match: re.Match[str]) -> str:
        nonlocal begins, ends
        name, value = match.group(2), match.group(3)
        if value.isdigit() or value in (name, HIDDEN) or value in _GROUPS or is_whole_reference(value):
            return match.group()
        if _is_group(text, match):
            return match.group()
        if begins is None:
            begins = list(_BEGINS.finditer(text))
            ends = [found.end() for found in begins]
        number = bisect_right(ends, match.start())
        if number and number not in own:
            own[number] = _end_of_own(
                text, begins[number - 1], min([ends[number - 1] + _FAR, *ends[number : number + 1]])
            )
        return match.group() if number and match.start() < own[number] else f"{match.group(1)}{HIDDEN}"

    return _PLAIN.sub(hide, text)


def _is_group(text: str, match: re.Match[str]) -> bool:
    """Whether a value is called as the program and no web address is near: caddy run --user web:caddy."""
    near = max(0, match.start() - _FAR // 2)
    program = _PROGRAM.search(text, near, match.start())
    stem = _STEM.match(match.group(3))
    if not program or not stem or stem.group(1) not in re.split(r"[-_.]", program.group(1)):
        return False
    return "://" not in text[near : match.end() + _FAR // 2]


def _end_of_own(text: str, starter: re.Match[str], most: int) -> int:
    """Where the options of the program that begins a process end, and those of the process may begin; at most ``most``.

    ``sudo -u web:logs ls``, ``docker exec -u web:logs x``; not ``sudo tool -u bob:x1``, ``docker exec x es -u bob:x1``.
    """
    begin = starter.end()
    most = _end_of_command(text, begin, most)
    if starter.group("alone"):
        return most
    valued = False
    for apart in _APART.finditer(text, begin, most):
        word = text[begin : apart.start()]
        if word.startswith("-"):
            if word == "--" or (
                word in ("-c", "--command") and apart.group().strip() in ("'", '"')
            ):  # su -c "tool -u ..."
                return begin
            valued = "=" not in word and not _FLAG.match(word)
        elif word:
            if not valued and word not in _VERBS and "=" not in word:
                return begin
            valued = False
        begin = apart.end()
    return most


def _without(text: str, program: re.Pattern[str], option: re.Pattern[str]) -> str:
    begins = [match.end() for match in program.finditer(text)]  # where the words of each program begin
    goes_on = _commands(text, begins)
    kept: list[str] = []
    place = 0
    for match in option.finditer(text, begins[0]) if begins else ():
        value = match.group()[len(match.group(1)) :]
        if goes_on(match.start()) and not is_whole_reference(value.strip("\"'")):
            kept += [text[place : match.end(1)], HIDDEN]
            place = match.end()
    return "".join([*kept, text[place:]])


def _commands(text: str, begins: list[int]) -> Callable[[int], bool]:
    """Tells of a place whether it is in a command that begins at one of ``begins``.

    A program's name in the command of another (``curl "https://x/?a=1&b=2" -u ...``) may begin one of its own, and that
    of the other goes on. Either kind is read once, to where the next begins.
    """
    whole: list[tuple[int, int]] = []  # where a command begins that is in no other, and where it ends
    for begin in begins:
        if not whole or begin > whole[-1][1]:
            whole.append((begin, _end_of_command(text, begin, begin + _FAR)))
    wholes = [begin for begin, dummy in whole]
    ends: dict[int, int] = {}

    def goes_on(place: int) -> bool:
        outer = bisect_right(wholes, place)
        if outer and place <= whole[outer - 1][1]:
            return True
        number = bisect_right(begins, place)
        if number and number not in ends:
            begin = begins[number - 1]
            ends[number] = _end_of_command(text, begin, min([begin + _FAR, *begins[number : number + 1]]))
        return bool(number) and place <= ends[number]

    return goes_on


def _end_of_command(text: str, begin: int, most: int) -> int:
    """Where the command that began before ``begin`` ends, at most ``most``."""
    quote = _QUOTE.match(text, begin)  # that of the program's own name: ["mysql", "-px"]
    for match in _ENDS.finditer(text, quote.end() if quote else begin, most):
        if match.group(1):
            return match.start()
    return most
