# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in commands: values of options, and words that a program takes for a password by their place. Pure.

Sources: the manuals of the programs named, and Redis' AUTH, HELLO, CONFIG SET and ACL SETUSER.
"""

from __future__ import annotations

import re
from typing import Iterable

from ..lazy import lazy
from .program_options import GAP as _GAP
from .program_options import WORD as _WORD
from .program_options import without_program_options
from .secret_names import HIDDEN, about_secret, is_secret
from .stand_ins import is_file, is_whole_reference

_VALUE = r"(\"[^\"]{0,4096}\"|'[^']{0,4096}'|\S+)"
_OPTION = lazy(
    rf"(?:(?<!\S)|(?<=\sa\d=)|(?<=\sa\d\d=))(--?[A-Za-z][\w.-]{{1,60}})(\s{{1,4}}(?:a\d{{1,3}}=)?)(?![-=:,;|&<>])"
    r"(?!(?:is|was|are|has|have|had|must|may|can|cannot|should|will|and|or|not|option|flag|for|to|in|on|with|from|given"
    rf"|missing|required|needs|requires|instead|argument)\b){_VALUE}"
)
_HAS_OPTION = lazy(r"[\s\"'=\x000]--?[A-Za-z]|^-")
_ON = r"[^|;&\n]{0,400}?"  # the command goes on
# Each behind words of which one is in all that it finds: to look for these costs a hundredth.
_OF_WORDS = (
    (("sshpass",), lazy(rf"(\bsshpass(?:{_GAP}-[vV]){{0,2}}{_GAP}-p{_GAP}?){_WORD}")),
    (
        ("htpasswd",),
        lazy(
            rf"(\bhtpasswd(?:{_GAP}-\w{{1,9}}){{0,4}}?{_GAP}-[a-zA-Z]{{0,6}}b[a-zA-Z]{{0,6}}(?:{_GAP}-\w{{1,9}}){{0,4}}"
            rf"(?:{_GAP}[^\s\"'|;&\],]{{1,200}}){{1,3}}{_GAP})[^\s\"'|;&\]]+(?=[\"'\])]{{0,2}}\s{{0,4}}(?:$|[|;&\n]))"
        ),
    ),
    (
        ("passwd",),
        lazy(
            r"(\b(?:openssl\s+passwd|mkpasswd)\b(?:\s{1,4}-(?:salt|m|S|R|in)\s{1,4}[^\s-]\S{0,80}|\s{1,4}-[^\s\"',]{1,40}){0,6}"
            r"\s{1,4})(?!-)[^\s|;&]+"
        ),
    ),
    (("rclone",), lazy(rf"(\brclone\s+obscure\s+)(?!-){_WORD}")),
    (("add-mask",), lazy(r"((?:::|##\[)add-mask(?:::|\]))[^\r\n]{1,4096}")),  # GitHub's actions
    (("encrypt_string",), lazy(rf"(\bansible-vault\s+encrypt_string\s+)(?!-){_WORD}")),
    (("SecureString",), lazy(rf"(\bConvertTo-SecureString\s+(?:-String\s+)?)(?!-){_WORD}")),
    ((" LOGIN ",), lazy(r"(\b[A-Za-z]{0,2}\d{1,5}\sLOGIN\s\S{1,100}\s)[^\s{]\S*$")),  # IMAP
    (("@//",), lazy(r"((?<![\w:/.-])[A-Za-z]\w{0,60}/)[^\s/@\"']{1,128}(?=@//[\w.-])")),  # Oracle's easy connect
    (("conn",), lazy(r"((?:^|SQL>)\s{0,4}conn(?:ect)?\s{1,4}[A-Za-z]\w{0,60}/)[^\s/@\"']{1,128}(?=@|\s*$)")),
    (
        ("login", "account"),
        lazy(rf"(?i)(\b(?:login|account)\s{{1,4}}\S{{1,200}}\s{{1,4}}password\s{{1,4}}){_VALUE}"),
    ),  # .netrc
    (
        ("rabbitmqctl",),
        lazy(
            rf"(\brabbitmqctl\s{_ON}\b(?:add_user|change_password|authenticate_user)\s{{1,4}}\S{{1,200}}\s{{1,4}}){_VALUE}"
        ),
    ),
    (("net user",), lazy(rf"(?i)(\bnet\s+user\s+[^\s/]{{1,200}}\s+)(?![/*]){_WORD}")),
    (("freerdp",), lazy(rf"(\bw?x?freerdp\d?\b{_ON}\s/p:){_WORD}")),
    (("mc ",), lazy(rf"(\bmc\s+(?:alias|config\s+host)\s+(?:set|add)\s+(?:\S{{1,300}}\s+){{3}}){_WORD}")),
    (("vault",), lazy(r"(\bvault\s+login\s{1,4}(?:-\S{1,100}\s{1,4}){0,4})([^\s=-][^\s=]{7,})")),
    (
        ("--password-stdin", "sudo -S", "passwd", "--stdin"),
        lazy(
            rf"(\b(?:echo|printf)\s{{1,4}}(?:-\w\s{{1,4}}|%s\s{{1,4}})?){_VALUE}"
            r"(?=\s{0,4}\|[^|\n]{0,200}(?:--(?:password-)?stdin|sudo\s-S|\bchpasswd|htpasswd\s-\w{0,4}i))"
        ),
    ),
    (
        # of Redis, of Valkey and of LDAP
        ("requirepass", "masterauth", "primaryauth", "key-file-pass", "bindpw", "rootpw"),
        lazy(
            r"(?i)(\b(?:requirepass|masterauth|primaryauth|tls-(?:client-)?key-file-pass|(?:bind|root)pw)[\"']?\s{1,4}[\"']?)"
            r"(?!\\[\"']|(?:is|was|not|and|or|in|option|directive)\b)([^\s\"'=:]+)"
        ),
    ),
    (("sentinel", "SENTINEL"), lazy(r"(?i)(\bsentinel\s+auth-pass\s+\S{1,100}\s+)\S+")),
    (
        ("sentinel", "SENTINEL"),
        lazy(r"(?i)(\bsentinel\s+(?:set\s+\S{1,100}\s[^\n]{0,100}?\bauth-pass|sentinel-pass)\s+)\S+"),
    ),
    # keepalived, HAProxy, Apache
    (
        ("auth_pass", "insecure-password", "BindPassword"),
        lazy(
            r"((?<![\w-])(?:auth_pass|insecure-password|AuthLDAPBindPassword)[\"']?\s{1,8})"
            rf"(?!(?:is|was|not|and|or|in|failed|missing|must|has|does)\b)(?![=:]){_VALUE}"
        ),
    ),
    (("stats auth",), lazy(r"(\bstats\s+auth\s+[^\s:]{1,100}:)\S+")),
    # Postfix' map of passwords: [mail.example.org]:587 user:password
    (
        ("]:", "@"),
        lazy(
            r"((?:^\s{0,8}\[[\w.:-]{1,255}\]\s{1,8}[^\s:@]{1,200}@[^\s:@]{1,200}"
            r"|(?<![^\s\"'])\[[\w.:-]{1,255}\]:[\w-]{1,16}\s{1,8}[^\s:]{1,200}):)"
            r"(?!\d{1,5}(?:\s|$))[^\s\"']+(?=[\"'}]{0,3}\s*$)"
        ),
    ),
    ((":_auth",), lazy(r"(:_auth\s?=\s?[\"']?)[^\s\"']+")),  # npm
    (("NEO4J_AUTH",), lazy(r"(\bNEO4J_AUTH[\"']?\s{0,4}[=:]\s{0,4}[\"']?\w{1,40}/)[^\s\"',}]+")),
    (
        ("chpasswd", "kinit"),
        lazy(r"(\b(?:chpasswd|kinit)\b[^\n<]{0,80}<<<\s?[\"']?(?:[\w.-]{1,64}:)?)(?!\\[\"'])[^\s\"']+"),
    ),
    (("wpa_passphrase ",), lazy(rf"(\bwpa_passphrase\s{{1,4}}\S{{1,64}}\s{{1,4}}){_WORD}")),
    (("http-basic.",), lazy(rf"(\bconfig\s[^|;&\n]{{0,100}}?\bhttp-basic\.\S{{1,100}}\s+\S{{1,100}}\s+){_WORD}")),
    (("PRAGMA", "pragma"), lazy(r"(?i)(\bpragma\s+(?:hex|re)?key\s?=\s?)[\"'][^\"']{1,200}[\"']?")),
    # FTP and POP3, as their clients show it
    (("PASS ",), lazy(r"((?:[><:]\s{1,4}|\\n|[\"'])PASS\s)(?!(?:ok|failed)\b)[^\s\"'\\/]+(?=[\"'\\]|\s*$)")),
    (
        ("sqlplus", "sqlldr", "rman", "expdp", "impdp"),
        lazy(r"(\b(?:sqlplus|sqlldr|rman|expdp|impdp)\s(?:\S{1,40}\s){0,3}?[\w$#]{1,60}/)[^\s@/\"'.]{1,128}(?=@|\s|$)"),
    ),
    (("userid=",), lazy(r"(\buserid=[\"']?[\w$#]{1,60}/)[^\s@/\"']{1,128}")),
    (("db2 connect",), lazy(rf"(\bdb2\s+connect\s{_ON}\busing\s){_WORD}")),
    # .pgpass: host, port, database, user, password
    (
        (":54", ":643", ":6543", ":2506", ":26257", ":*:"),
        lazy(
            r"((?:^|(?<=[\s\"'=]))[\w.*/-]{1,255}:(?:54\d\d|643\d|6543|2506\d|26257|\*):[\w.*-]{1,64}:[\w.*-]{1,64}:)"
            r"(?!\d{0,5}(?:$|\s))(?:\\:|[^\s:])(?:\\:|[^:\r\n]){1,400}$"
        ),
    ),
)
# git config http.password x, aws configure set aws_secret_access_key x
_CONFIGURED = lazy(
    rf"(\bconfig(?:ure)?\s{{1,4}}(?:(?:set|add|--\w+)\s{{1,4}}){{0,3}}"
    rf"([\w./:-]{{1,200}})\s{{1,4}})(?!-){_VALUE}"
)
# nginx, Apache: proxy_set_header Authorization "Basic x"
_SET_HEADER = lazy(
    rf"(?i)(\b(?:proxy_set_header|add_header|(?:request)?header\s{{1,4}}(?:set|add|append))\s{{1,4}}[\"']?([\w-]{{1,80}})[\"']?\s{{1,4}})"
    rf"(?![\"']?[$%]){_VALUE}"
)
# Redis' ACL SETUSER name on >password <password #hash, also as MONITOR shows it
_ACL = lazy(r"\b(?:ACL\"?\s{1,4}\"?SETUSER\b|user\s\S{1,100}\s(?:on|off)\s)[^\n]{0,2000}")
_OF_ACL = lazy(r"(?<=[\s\"])([><#])([^\s><#\"][^\s\"]+)")
# What a client of Redis or of SMTP was asked to send: ('AUTH', 'name', 'password')
_AUTH_SENT = lazy(r"([\"']AUTH[\"'],\s?(?:b?[\"'][^\"']{1,200}[\"'],\s?)?)b?[\"'][^\"']{1,512}[\"']")
_AUTH = lazy(r"(?<![\w-])(\"?AUTH\"?)((?:\s{1,4}\"?[^\s\",;]{1,512}\"?){1,3})")
_LIKE = lazy(r"(?!\"?(?:CRAM|DIGEST|SCRAM|GS2|GSSAPI)\b)(?=\S{0,512}\d)(?=\S{0,512}[A-Za-z])\"?[^\s\"]{6,}")
# Where nothing but a name and its value may stand, the value may be any word.
_SET_VARIABLE = lazy(
    r"((?<![^\s\"'])(?:ENV|setenv|SetEnv|set\s{1,4}-[xgU]{1,3}|(?:fastcgi|uwsgi|scgi)_param)\s{1,4}([A-Z][A-Z0-9_]{1,80})\s{1,4})"
    r"(?!(?:is|was|not|missing|required|unset|empty|absent|invalid|undefined|unknown)\b|[\"']?\$)"
    r"([^\s\"'=;]{3,512}|\"[^\"]{3,512}\"|'[^']{3,512}')(?=;?\s{0,4}(?:$|\n|#|&&))"
)
_ENVIRONMENT = lazy(
    r"(?<![^\s\"'])((?:ENV|env|SET|set|setx|setenv|SetEnv|export|(?:fastcgi|uwsgi|scgi)_param)"
    r"\s{1,4}(?:-\w{1,4}\s{1,4})?\$?([A-Za-z_]\w{0,80})\s{1,4})(?=\S{0,512}\d)([^\s\"']{6,}|\"[^\"]{6,}\"?|'[^']{6,}'?)"
)


def without_options(text: str) -> str:
    """The text without the secrets of commands in it."""
    if "-" in text and _HAS_OPTION.search(text):
        text = without_program_options(_OPTION.sub(_hide_option, text))
    text = _of_place(text, _OF_WORDS)
    if "AUTH" in text:
        text = _AUTH_SENT.sub(rf"\1{HIDDEN}", _AUTH.sub(_hide_auth, text))
    if "SETUSER" in text or "user " in text:
        text = _ACL.sub(lambda match: _OF_ACL.sub(rf"\1{HIDDEN}", match.group()), text)
    if "config" in text:
        text = _CONFIGURED.sub(_hide_named, text)
    if "header" in text.lower():
        text = _SET_HEADER.sub(_hide_named, text)
    return _ENVIRONMENT.sub(_hide_named, _SET_VARIABLE.sub(_hide_named, text))


def _of_place(text: str, rules: Iterable[tuple[tuple[str, ...], re.Pattern[str]]]) -> str:
    for words, rule in rules:
        if any(word in text for word in words):
            text = rule.sub(_hide_behind, text)
    return text


def _hide_behind(match: re.Match[str]) -> str:
    """``mysql -p$DB_PASSWORD``: what refers to a secret is none."""
    said = match.group()[len(match.group(1)) :]
    return match.group() if is_whole_reference(said.strip("\"'")) else f"{match.group(1)}{HIDDEN}"


def _hide_option(match: re.Match[str]) -> str:
    name = match.group(1).lstrip("-")
    value = match.group(3).strip("\"'")
    if not is_secret(name) or about_secret(name) or is_whole_reference(value) or is_file(value):
        return match.group()
    return f"{match.group(1)}{match.group(2)}{HIDDEN}"


def _hide_auth(match: re.Match[str]) -> str:
    """Of the words behind AUTH those that look like a password: letters and digits."""
    words = re.split(r"(\s+)", match.group(2))
    if match.group(1) == '"AUTH"':  # as MONITOR shows it
        return match.group(1) + "".join(
            HIDDEN if word[:1] == '"' and (place > 2 or len(words) < 4) else word for place, word in enumerate(words)
        )
    return match.group(1) + "".join(HIDDEN if _LIKE.fullmatch(word.rstrip('"')) else word for word in words)


def _hide_named(match: re.Match[str]) -> str:
    hidden = (is_secret(match.group(2)) and not about_secret(match.group(2))) or match.group(
        2
    ).lower() == "authorization"
    return f"{match.group(1)}{HIDDEN}" if hidden else match.group()
