# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that stand at one place of a whole line: in files of accounts, in settings, in protocols of text. Pure.

Sources: shadow(5), smbpasswd(5), htpasswd, htdigest, PgBouncer's userlist.txt, snmpd.conf(5), snmptrapd.conf(5),
Cisco's IOS, RFC 959 (FTP) and 1939 (POP3), RFC 2812 (IRC), Microsoft's NET USE.
"""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN
from .stand_ins import TEST_NAME, is_whole_reference

# Where a line begins, also behind a time, a container's name or the name of the file; and where it ends.
_AT = r"(?m:^|(?<=[\s|:>\"']))"
_END = r"(?m:[ \t\r]*$)"
_TO_END = rf"(?=[\"']?{_END})"
_GAP = r"[ \t]{1,8}"
_WORD = r"\S{1,255}"
_NAME = r"[A-Za-z_][\w.@$-]{0,63}"
_TEXT = r"(?:\"[^\"]{1,256}\"|'[^']{1,256}'|[^\s\"'=:(]\S{0,255})"
_NO_PROSE = (
    r"(?!(?:is|was|are|has|have|had|must|may|can|cannot|should|will|not|and|or|option|directive|line|lines|string"
    r"|setting|for|to|in|on|with|from|deprecated|missing|required|needs|given)\b)"
)
_MIX = r"(?=[\w./]{0,64}\d)(?=[\w./]{0,64}[a-z])(?=[\w./]{0,64}[A-Z])"
# crypt(3) of DES: 66 bits, of which the last two are 0
_DES = r"[./\dA-Za-z]{12}[.26AEIMQUYcgkosw](?![./\w])"
# What stands where a line begins and is no user, before a name or before the MD5 of something.
_NO_USER = (
    r"(?i:service|container|image|host|hostname|node|pod|task|job|build|version|release|tag|branch|commit|revision|trace"
    r"|request|id|uuid|sha\d{0,3}|md5(?:sum)?|hash|checksum|digest|etag|caches?|memcached?|redis|s3|gs|blob|object|obj|file"
    r"|fragment|views?|template|queue|lock|key|sess|sessions?)"
)
_OF_HASH = r"(?i:etag|pages?|hash|md5|sha\d{0,3}|checksum|digest|fragments?|views?|templates?|query|queries)"
_USER = r"[\w.@$+-]{1,63}"
_METHOD = r"(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS|CONNECT|TRACE)"
_STATE = (
    r"(?:(?:re)?started|stopped|created|deleted|removed|added|updated|changed|opened|closed|failed|finished|completed"
    r"|skipped|granted|revoked|denied|accepted|rejected|running|ready|done|ok|up|down)"
)
# What is said of a variable in one word.
_OF_VARIABLE = (
    rf"(?i:{_STATE}|(?:un)?set|missing|required|invalid|empty|undefined|unknown|expired|found|absent|present|exists"
    r"|incorrect|wrong|rotated|refreshed|renewed|loaded|read|used|ignored|redacted|hidden|masked|variable|value|field|key"
    r"|option|none|null|nil|true|false|yes|no|string|str|text|-+|\*+|<[\w -]{1,30}>|\(\w{1,20}\))[.!,;:]?"
)
# snmpd.conf: from where, then an object or a view
_SOURCE = r"(?:default|localhost|[\w.-]{1,255}(?:/[\d.]{1,15})?|[\da-fA-F:]{2,45}(?:/\d{1,3})?)"
_OBJECT = rf"(?:{_GAP}[.\d-]\S{{0,128}}.{{0,128}})?"
# Programs that test say PASS too, and behind it a time, a count, a version or the name of a test.
_OF_TEST = (
    r"(?!\d{1,12}(?:\.\d{1,6})?(?:m?s)?\b|[-:=(\[]"
    r"|(?i:ok|okay|all|none|failed|passed|done|yes|no|rate|mode|count|total|line|box|file|through|criteria)\b"
    rf"|(?!(?i:tests?|checks?|verify)\d{{0,3}}{_END}){TEST_NAME}|#\d{{1,6}}{_END}|v?\d{{1,4}}(?:\.\d{{1,4}}){{1,3}}{_END}"
    rf"|(?i:step|gate|stage|phase|case|suite|job|task|run|round|part|rule|requirement)[-_]?\d{{0,3}}{_END})"
)
_BEGINS = r"(?:(?m:^)|(?<=[\]|>:] )|(?<=:\d\d )|(?<=[.,]\d{3} )|(?<=[.,]\d{6} )|(?<=\dZ ))\s{0,4}"

_LOGGED = lazy(r"(?:\||\[?(?i:trace|debug|info|notice|warn|warning|error)\]?:?) {1,4}$")
_IS_NAME = lazy(r"[a-z][a-z_.-]{1,30}\d{0,2}$")
_PROTOCOL = lazy(r"(?i)ftp|pop3|\birc|\buser\b|imap|smtp|mail|telnet")


def _line(words: str, before: str, value: str = _TEXT, after: str = "") -> tuple[tuple[str, ...], re.Pattern[str]]:
    """A line that is known by what stands before and after its secret. ``words``: one is in each, apart by a bar."""
    return tuple(words.split("|")), lazy(rf"({before}){value}{after}")


_LINES = (
    # shadow: name, hash, days. An account that is locked (!, *) has no hash.
    _line(
        ":",
        rf"{_AT}{_NAME}:!{{0,2}}",
        r"(?:(?=[^\s:$]{0,200}\$)[^\s:!*][^\s:]{1,511}|_[./\dA-Za-z]{19}|[./\dA-Za-z]{13})",
        rf"(?=(?::\d{{0,7}}){{7}}{_END})",
    ),
    # smbpasswd, and what dumps accounts of Windows: name, number, two hashes
    _line(":", rf"{_AT}[\w.@$\\-]{{1,80}}:\d{{1,10}}:", r"[0-9A-Fa-fX]{32}:[0-9A-Fa-f]{32}", "(?=:)"),
    # htpasswd with crypt(3), htdigest: name, realm, MD5
    _line(":", rf"(?m:^)\s{{0,4}}(?!{_NO_USER}:){_NAME}:", rf"{_MIX}{_DES}", _TO_END),
    _line("htpasswd", rf"(?m:^)\s{{0,4}}\S{{0,200}}htpasswd[\w.-]{{0,40}}:(?:\d{{1,6}}:)?{_NAME}:", _DES, _TO_END),
    _line(":", rf"(?m:^)\s{{0,4}}(?!{_NO_USER}:){_NAME}:(?!{_OF_HASH}:)[^:\n\"']{{1,80}}:", r"[0-9a-f]{32}", _TO_END),
    # PgBouncer: "name" "password" and nothing else on the line
    _line(
        '" "',
        rf"(?m:^)\s{{0,4}}\"(?!\d{{3}}\"){_USER}\" \"(?!{_METHOD}\")",
        r"(?:[^\"\n]|\"\"){1,512}",
        rf"(?=\"{_END})",
    ),
    _line(
        "ommunity",
        rf"{_AT}(?i:r[ow]community6?){_GAP}{_NO_PROSE}",
        after=rf"(?={_END}|{_GAP}{_SOURCE}{_OBJECT}(?m:$))",
    ),
    _line("ommunity", rf"{_AT}(?i:trapcommunity){_GAP}{_NO_PROSE}", after=_TO_END),
    _line("ommunity", rf"{_AT}(?i:authcommunity){_GAP}[a-z,]{{3,40}}{_GAP}{_NO_PROSE}"),
    _line("com2sec", rf"{_AT}com2sec6?{_GAP}(?:-Cn{_GAP}{_WORD}{_GAP})?{_WORD}{_GAP}{_WORD}{_GAP}", after=_TO_END),
    _line(
        "sink",
        rf"{_AT}(?:trap2?sink|informsink){_GAP}{_WORD}{_GAP}{_NO_PROSE}",
        after=rf"(?={_END}|{_GAP}\d{{1,5}}{_END})",
    ),
    _line(
        "createUser",
        rf"{_AT}createUser{_GAP}(?:-e{_GAP}{_WORD}{_GAP})?{_WORD}{_GAP}(?:MD5|SHA(?:-?\d{{3}})?){_GAP}",
        ".{1,512}",
    ),
    _line("snmp-server", rf"\bsnmp-server{_GAP}community{_GAP}", after=rf"(?={_GAP}(?i:ro|rw|view)\b|{_END})"),
    _line(
        "snmp-server",
        rf"\bsnmp-server{_GAP}host{_GAP}{_WORD}{_GAP}(?:(?:traps|informs){_GAP})?(?:version{_GAP}[12]c?{_GAP})?"
        r"(?!version\b)",
    ),
    # Cisco: a number says how it is written.
    _line(
        "password |secret ",
        rf"{_AT}(?:username{_GAP}{_WORD}{_GAP}(?:privilege{_GAP}\d{{1,2}}{_GAP})?(?:password|secret)"
        rf"|enable{_GAP}(?:password|secret)(?:{_GAP}level{_GAP}\d{{1,2}})?){_GAP}\d{{1,2}}{_GAP}",
        after=_TO_END,
    ),
    # strongSwan's and libreswan's secrets
    _line(
        "PSK|XAUTH|EAP|NTLM",
        rf"(?:(?m:^)|(?<=\s)):{_GAP}(?:PSK|XAUTH|EAP|NTLM){_GAP}(?=[\"']|0[sx])",
        r"(?:\"[^\"\n]{1,512}\"?|'[^'\n]{1,512}'?|0[sx]\S{4,512})",
    ),
    _line("key-string", rf"{_AT}key-string{_GAP}(?:\d{_GAP})?{_NO_PROSE}", after=_TO_END),
    # ENV of a Dockerfile, and tables of the environment: a name, a blank and one word
    _line(
        "PASS |PASSWORD |SECRET |TOKEN ",
        rf"{_BEGINS}(?:ENV{_GAP})?(?!\w{{0,60}}(?:TESTS?|CHECKS?)_PASS)[A-Z][A-Z0-9_]{{1,60}}_(?:PASS|PASSWORD|SECRET|TOKEN){_GAP}(?!{_OF_VARIABLE}{_END})",
        after=_TO_END,
    ),
    # FTP, POP3 and IRC
    _line("PASS ", rf"{_BEGINS}PASS :?{_OF_TEST}", r"\S{1,512}", _TO_END),
    _line("OPER ", rf"{_BEGINS}OPER {_NAME} (?!{_STATE}{_END})", r"\S{1,256}", _TO_END),
    _line(
        "IDENTIFY|identify",
        rf"\b(?:(?i:(?:nickserv|chanserv|(?<=/)[nc]s){_GAP}:?\s?identify)|[NC]S IDENTIFY){_GAP}"
        rf"(?:[#&]?[\w\[\]{{}}|^`-]{{1,60}}{_GAP})?",
        r"\S{1,256}",
        _TO_END,
    ),
    # net use Z: \\server\share x /user:name, net use \\server\share /user:name x
    _line(
        "user:|USER:",
        rf"(?i:\bnet{_GAP}use\s[^|;&\n]{{0,400}}?/user:)(?:\"[^\"]{{1,128}}\"|\S{{1,128}}){_GAP}(?![/*])",
    ),
    _line(
        "net use|NET USE|Net Use",
        rf"(?i:\bnet{_GAP}use){_GAP}(?:[A-Za-z*]:?{_GAP})?\"?\\\\[^\s\"]{{1,255}}\"?{_GAP}(?![/*])",
    ),
)


def without_settings(text: str) -> str:
    """The text, of one line or several, without secrets that stand at their place on a line.

    >>> without_settings("rocommunity x1 10.0.0.0/8"), without_settings("rocommunity is deprecated")
    ('rocommunity (hidden) 10.0.0.0/8', 'rocommunity is deprecated')
    """
    for words, rule in _LINES:
        if any(word in text for word in words):
            text = rule.sub(_hide, text)
    return text


def _hide(match: re.Match[str]) -> str:
    said = match.group()[len(match.group(1)) :]
    none = said == HIDDEN or is_whole_reference(said.strip("\"'")) or _is_tested(match, said)
    return match.group() if none else f"{match.group(1)}{HIDDEN}"


def _is_tested(match: re.Match[str], said: str) -> bool:
    """Whether behind a level or a container's name stands that what is tested has passed: ``[INFO] PASS cart``."""
    if not match.group(1).endswith("PASS ") or not _IS_NAME.match(said):
        return False
    start = match.start()
    logged = _LOGGED.search(match.string[max(0, start - 12) : start])
    return bool(logged) and not _PROTOCOL.search(match.string, max(0, start - 400), match.end() + 100)
