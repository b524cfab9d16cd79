# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in commands: values of options, and words that a program takes for a password by their place. Pure.

Sources: the manuals of the programs named, and Redis' AUTH, HELLO, CONFIG SET and ACL SETUSER.
"""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN, about_secret, is_secret

_VALUE = r"(\"[^\"]{0,4096}\"|'[^']{0,4096}'|\S+)"
_OPTION = lazy(rf"(?<!\S)(--?[A-Za-z][\w.-]{{1,60}})(\s{{1,4}})(?![-=:,;|&<>]){_VALUE}")
_ON = r"[^|;&\n]{0,400}?"  # the command goes on
# Each behind words of which one is in all that it finds: to look for these costs a hundredth.
_BY_PLACE = (
    (("sshpass",), lazy(rf"(\bsshpass\s(?:\S+\s){{0,4}}?-p\s?){_VALUE}")),
    (("mysql", "mariadb"), lazy(rf"(\b(?:mysql|mysqldump|mysqladmin|mariadb)\b{_ON}\s-p)([^\s]+)")),
    (("redis-cli",), lazy(rf"(\bredis-cli\b{_ON}\s-a\s){_VALUE}")),
    (
        ("curl", "wget", "http"),
        lazy(rf"(\b(?:curl|wget|http)\b{_ON}\s(?:-u|--user)[\s=]?[\"']?[^\s:\"']{{1,200}}:)([^\s\"']+)"),
    ),
    (("docker",), lazy(rf"(\bdocker\s+login\b{_ON}\s-p\s){_VALUE}")),
    (
        ("rabbitmqctl",),
        lazy(
            rf"(\brabbitmqctl\s{_ON}\b(?:add_user|change_password|authenticate_user)\s{{1,4}}\S{{1,200}}\s{{1,4}}){_VALUE}"
        ),
    ),
    (
        ("htpasswd",),
        lazy(r"(\bhtpasswd\s[^|;&\n]{0,40}?-[a-zA-Z]{0,6}b[^|;&\n]{0,100}\s)(\S+)(?=\s{0,4}(?:$|[|;&\n]))"),
    ),
    (("zip ",), lazy(rf"(\b(?:un)?zip\s{_ON}-P\s?){_VALUE}")),
    (("7z", "rar "), lazy(rf"(\b(?:7z[ar]?|rar|unrar)\s{_ON}-p)([^\s]+)")),
    (("ssh-keygen",), lazy(rf"(\bssh-keygen\s{_ON}-[NP]\s){_VALUE}")),
    (("openssl",), lazy(rf"(\bopenssl\s+enc\b{_ON}\s-k\s){_VALUE}")),
    (("vault",), lazy(r"(\bvault\s+login\s{1,4}(?:-\S{1,100}\s{1,4}){0,4})([^\s=-][^\s=]{7,})")),
    (
        ("--password-stdin", "sudo -S"),
        lazy(rf"(\becho\s{{1,4}}(?:-n\s{{1,4}})?){_VALUE}(?=\s{{0,4}}\|[^|\n]{{0,200}}(?:--password-stdin|sudo\s-S))"),
    ),
    (("login",), lazy(rf"(?i)(\blogin\s{{1,4}}\S{{1,200}}\s{{1,4}}password\s{{1,4}}){_VALUE}")),  # .netrc
    (
        ("requirepass", "masterauth"),
        lazy(
            r"(?i)(\b(?:requirepass|masterauth)[\"']?\s{1,4}[\"']?)"
            r"(?!(?:is|was|not|and|or|in|option|directive)\b)([^\s\"'=:]+)"
        ),
    ),
    (("SETUSER",), lazy(r"(\bACL\s{1,4}SETUSER\s[^\n]{0,200}?\s[><#])(\S+)")),
)
_AUTH = lazy(r"(?<![\w-])(\"?AUTH\"?)((?:\s{1,4}\"?[^\s\",;]{1,512}\"?){1,3})")
_LIKE = lazy(r"(?!\"?(?:CRAM|DIGEST|SCRAM|GS2|GSSAPI)\b)(?=\S{0,512}\d)(?=\S{0,512}[A-Za-z])\"?[^\s\"]{6,}")
_ENVIRONMENT = lazy(
    r"(?<!\S)((?:ENV|env|SET|set|setenv|export)\s{1,4}([A-Za-z_]\w{0,80})\s{1,4})(?=\S{0,512}\d)(\S{6,})"
)


def without_options(text: str) -> str:
    """The text without the secrets of commands in it."""
    text = _OPTION.sub(_hide_option, text) if "-" in text else text
    for words, rule in _BY_PLACE:
        if any(word in text for word in words):
            text = rule.sub(rf"\g<1>{HIDDEN}", text)
    if "AUTH" in text:
        text = _AUTH.sub(_hide_auth, text)
    return _ENVIRONMENT.sub(_hide_named, text)


def _hide_option(match: re.Match[str]) -> str:
    if not is_secret(match.group(1).lstrip("-")) or about_secret(match.group(1).lstrip("-")):
        return match.group()
    return f"{match.group(1)}{match.group(2)}{HIDDEN}"


def _hide_auth(match: re.Match[str]) -> str:
    """Of the words behind AUTH those that look like a password: letters and digits."""
    words = re.split(r"(\s+)", match.group(2))
    return match.group(1) + "".join(HIDDEN if _LIKE.fullmatch(word.rstrip('"')) else word for word in words)


def _hide_named(match: re.Match[str]) -> str:
    hidden = is_secret(match.group(2)) and not about_secret(match.group(2))
    return f"{match.group(1)}{HIDDEN}" if hidden else match.group()
