# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands behind a name of a secret and is no secret: references, places, and what is said of one. Pure."""

from __future__ import annotations

from ..lazy import lazy
from .no_secret.messages import is_message
from .no_secret.program_text import is_computed
from .secret_names import counts, is_secret

# A call of SQL with a parameter and without a literal, but for names of algorithms: crypt($1, gen_salt('bf')).
_ALGORITHM = r"(?i:bf|x?des|md5|sha-?\d{1,3}|hex|base64|escape|utf-?8)"
_ARGUMENT = rf"(?:[^()'\"\n]|'{_ALGORITHM}')"
_NAMES_ALGORITHM = lazy(rf"(['\"]){_ALGORITHM}\1$")
_CALL = (
    r"[A-Za-z_]\w{0,30}\((?=[^\n]{0,120}?(?:\$\d{1,3}(?![\w$])|[(, ](?:\?|%s)[), ]))"
    rf"(?:{_ARGUMENT}|\({_ARGUMENT}{{0,80}}\)){{0,120}}\)"
)
# What stands for a value that is somewhere else, or for none.
_REFERENCE = lazy(
    r"\$\{(?P<set>[A-Z_][A-Z0-9_]{2,80})(?::?-|:?\?[^{}]{0,200})?\}|\$(?P<variable>[A-Z_][A-Z0-9_]{2,80})\b(?!\w)"
    r"|\$\((?P<made>[A-Z_][A-Z0-9_]{2,80})\)"
    r"|[\"']?\$?\{\{-?\s?(?P<template>[.$]?[A-Za-z_][\w.-]{2,80})\s?(?:\|\s?[a-z0-9]{1,20}\s?)?-?\}\}[\"']?"
    # of a statement or a settings file
    r"|%\((?P<bound>[A-Za-z_]\w{1,60})\)s|:(?P<parameter>[a-z_]{2,60})(?![\w:])"
    # of a program, as a traceback shows it
    r"|(?P<program>(?:(?:self|this|cls|settings|os|process|request|req|var|ENV)(?:\.[A-Za-z_]\w{0,60}){1,6}|ENV"
    r"|[A-Za-z_][\w.]{1,60}(?=\(\)))(?:\[[\"'][\w.-]{1,60}[\"']\]|\([\"'][\w.-]{1,60}[\"']\)|\(\))?(?=[\s,;)\]}\"'\\]|$))"
    rf"|{_CALL}|DEFAULT(?=\s{{0,4}}(?:[,;)]|WHERE\b|RETURNING\b|$))"
    # a command that reads or makes it
    r"|\$\((?:cat|<|head|(?:go)?pass show|op read|vault kv get|aws (?:ssm|secretsmanager)|openssl rand|kubectl get)"
    r"\s?[^()'\"`\n]{1,200}\)"
    r"|\((?:not|no|hidden|redacted|unset|empty|none|omitted|masked|filtered|removed|set)(?:\s[a-z]{2,12}){0,2}\)"
)
# What a line says of it behind a colon.
_STATE = lazy(
    r"(?:failed|failure|denied|expired|invalid|missing|required|incorrect|wrong|rejected|accepted|changed|updated"
    r"|rotated|created|deleted|forbidden|revoked|absent|blank|empty|unchanged|mismatch)$"
)
_SPEAKS = lazy(
    r"(?i)(?:th(?:is|e)\s)?(?:password|token|secret|authentication|authorization|credentials?|(?:security|session)(?:\stokens?)?"
    r"|field|all(?:\sauthentication)?\stokens)\s(?:[\"'][\w./-]{1,80}[\"']\s)?(?:is|are|was|were|has|have|must|may|can|cannot"
    r"|does|did|not|too|should|will|expired?|expiry|failed|authentication|updated|changed|mismatch|missing|required|included"
    r"|verification|already|never|reset)\b"
)
# An exception: what follows is what it says, in a sentence.
_FAULT = lazy(r"(?:^|\.)(?:Invalid|Expired|Wrong|Bad|Missing|Unknown|Incorrect|Malformed|Revoked|Weak)[A-Z]\w{2,60}$")
_SENTENCE = lazy(r"[\"']?(?:[A-Z][a-z]{0,20}\s|[{\[(]|[a-z]{2,20}\s[a-z])")
_SOURCE = lazy(
    r"\.(?:py|rb|erb|[cm]?[jt]sx?|vue|go|java|kt|scala|rs|php|cs|exs?|erl|cc?|cpp|h|hpp|swift|pl|lua|sh|sql|html?"
    r"|ya?ml|tf)$"
)
_AT_LINE = lazy(r"\d{1,7}(?::\d{1,7})?(?![\w-])")
# Kubernetes: shop/db-credentials
_NAMESPACED = lazy(r"[a-z]{2,20}(?:-[a-z]{2,20}){0,4}/[a-z]{2,20}(?:[.-][a-z]{2,20}){1,6}$")
_WORD_BEFORE = lazy(r"([A-Za-z]{3,14})\s{1,2}$")
# Who wrote a line, behind syslog's time and host: passwd[4711]:
_PROCESS = lazy(r"[a-z]{2,20}\[\d{1,8}\]$")
_OF_SYSLOG = lazy(r"(?m:^)(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,30}) [\w.-]{1,80} $")
# The file in which a secret is
_FILE = lazy(
    r"(?:file://)?(?:(?:[A-Z]:)?[\\/](?:[\w.-]{1,80}[\\/]){1,12}[\w-]{1,80}\.[a-z][a-z\d]{1,4}"
    r"|/(?:var/)?run/secrets/[\w./-]{1,120})$"
)
# What PostgreSQL reports of a table: vacuum of table "auth_tokens": index scans: 1, "auth_tokens": found 12 removable
_OF_TABLE = lazy(r"(?i)(?<![\w.-])(?:table|relation|index|view|constraint|sequence|trigger)\s[\"`]$")
_VACUUMED = lazy(
    r"\": (?:found|removed|scanned|truncated|truncating|stopping|suspending|moved|marked|table|index)\s(?:[a-z\d]|$)"
)
# What programs make is never a word that says how it is; a password that somebody chose may be.
_MADE = lazy(r"(?i)(?:.*[_.-])?(?:tokens?|jwt|cookies?|t?otp)$")
# A code of a card has digits; of one that was sent programs say what became of it.
_OF_CARD = ("cvc", "cvv", "csc", "cvc2", "cvv2", "cvc]", "cvv]", "csc]")
_OF_OTP = lazy(
    r"(?:sent|resent|used|verified|unverified|matched|pending|delivered|fail|pass|passed|ok|skipped|unchecked)$"
)
_OTP = lazy(r"(?i)(?:.*[_.-])?t?otp$")
_OF_PAM, _PAM = lazy(r"pam_\w{1,20}\($"), lazy(r"(?:auth|account|session|chauthtok|setcred)\)")
# The same column of another table: token = excluded.token
_COLUMN = lazy(r"[A-Za-z_]\w{0,62}(?:\.[A-Za-z_]\w{0,62}){1,3}$")
# What the standard of fetch gives for a request.
_OF_FETCH = frozenset(["same-origin", "include", "omit"])
# What is called a test's name: words with a few digits at most, of which one is a test's, or the path of a source.
_PIECE = r"(?:_{0,2}(?:[A-Za-z]{1,40}\d{0,3}|e2e|i18n|a11y|k8s)|\d{1,4}|\.{1,2})"
_OF_TEST = r"(?i:(?:unit|self|smoke|health)?(?:tests?|checks?)|specs?|suites?|scenarios?|verify)"
_SUFFIX = (
    r"(?:t|s|py|[cm]?[jt]sx?|rb|sh|bash|exp|go|rs|c|cc|cpp|java|kt|php|pl|lua|sql|exs?|bats|feature|yml|html?)(?![\w.])"
)
TEST_NAME = (
    rf"(?=[\w./\\:-]{{0,200}}(?:(?<![A-Za-z0-9]){_OF_TEST}\d{{0,3}}(?![A-Za-z0-9])|[/\\][\w.-]{{1,100}}\.{_SUFFIX}))"
    rf"(?:[A-Z]:\\)?{_PIECE}(?:(?:::|[-_./\\]){{1,2}}{_PIECE}){{0,20}}_{{0,2}}(?=:?(?:[\s(\[\"]|\\\"|$))"
)
_TESTED = lazy(rf"PASS: {TEST_NAME}")
# Where such a line begins, also behind a container's name, a level or a time, and as a text of JSON.
_LINE_BEGINS = lazy(r"(?:(?m:^)|[:=] ?\\?\"|[\]|] |:\d\d |[.,]\d{3} |[.,]\d{6} |\dZ )$")
_STATEMENT = lazy(r"(?i)\b(?:where|set|on|and|or|having|using)\s")
_FAR = 160  # characters of a statement before a name
_OF_ARN = lazy(r":\d{12}:$")


def reference_at(text: str, start: int) -> int:
    """Where that ends which refers to a secret or says that there is none: $DB_PASSWORD, (not set); 0 for none.

    >>> reference_at("x=$DB_PASSWORD y", 2), reference_at("x=$HOME", 2), reference_at("x=request.token", 2)
    (14, 0, 15)
    """
    match = _REFERENCE.match(text, start)
    if not match:
        return 0
    inner = next((name for name in match.groups() if name), "")
    return match.end() if not inner or is_secret(inner) else 0


def is_whole_reference(text: str) -> bool:
    """Whether a text is such a reference and nothing else."""
    return bool(text) and reference_at(text, 0) == len(text)


def names_algorithm(literal: str) -> bool:
    """Whether a literal is the name of a hash or an encoding: crypt($1, gen_salt('bf'))."""
    return bool(_NAMES_ALGORITHM.match(literal))


def is_place(text: str, start: int, name: str) -> bool:
    """Whether behind a name and a colon stands a line of a file, a part of PAM, or a name that an ARN gives a secret.

    >>> is_place("at token.go:88", 12, "token.go"), is_place("token:88", 6, "token")
    (True, False)
    """
    if _SOURCE.search(name) and _AT_LINE.match(text, start):
        return True
    before = text[max(0, start - 1 - len(name) - 24) : start - 1 - len(name)]
    of_pam = _OF_PAM.search(before) and _PAM.match(text, start)
    return bool(of_pam or (name == "secret" and _OF_ARN.search(before)))


def is_said(text: str, start: int, name: str, value: str) -> bool:
    """Whether behind a name, a colon and a blank stands what is said of it: a state, a sentence, that of an exception.

    ``value``: the first word there, without quotes.
    """
    if _STATE.match(value) or _SPEAKS.match(text, start) or is_message(text, start):
        return True
    return bool(_FAULT.search(name) and _SENTENCE.match(text, start)) and not any(sign.isdigit() for sign in value)


def is_file(value: str) -> bool:
    """Whether a value is the path of a file, as of one that holds a key."""
    return value[:1] in "/fABCDEFGH" and bool(_FILE.match(value))


def names_no_secret(text: str, place: int, name: str, value: str) -> bool:
    """Whether what a parser found, a place in an order, or the name of a secret stands there.

    ``place``: of ``name``; ``unexpected token: EOF``, ``fencing token: 33``, ``secret=shop/db-credentials``,
    ``token = excluded.token``, ``credentials: same-origin``, ``token=expired``, ``private_key=/etc/x/y.pem``,
    syslog's ``passwd[4711]: ...``.
    """
    if name.lower() == "token":
        word = _WORD_BEFORE.search(text, max(0, place - 16), place)
        if word and (word.group(1).lower() == "unexpected" or counts(f"{word.group(1)}_token", value)):
            return True
    if (_STATE.match(value) and _MADE.match(name)) or is_file(value) or (" " in value and is_message(value)):
        return True
    if (value.isalpha() and name.lower().endswith(_OF_CARD)) or (_OF_OTP.match(value) and _OTP.match(name)):
        return True
    if is_computed(text, place, name, value) or _is_of_table(text, place, place + len(name)):
        return True
    if name[-1:] == "]" and _PROCESS.match(name) and _OF_SYSLOG.search(text, max(0, place - 130), place):
        return True
    last = name.lower().rpartition(".")[2]
    if "." in value and value.lower().rpartition(".")[2] == last and _COLUMN.match(value):
        return _is_column(text, place, name, value)
    if name == "PASS" and text.startswith(f"PASS: {value}", place):  # of a program that tests; PASS=x is none
        before = text[max(0, place - 8) : place]
        return before[-4:] == "--- " or bool(_LINE_BEGINS.search(before) and _TESTED.match(text, place))
    if last == "credentials" and value in _OF_FETCH:
        return True
    return last.endswith("secret") and bool(_NAMESPACED.match(value))


def _is_of_table(text: str, place: int, end: int) -> bool:
    """Whether the name is one of a table or an index, in quotes, of which something is reported."""
    if text[place - 1 : place] not in ('"', "`") or not place:
        return False
    return bool(_OF_TABLE.search(text, max(0, place - 20), place) or _VACUUMED.match(text, end))


def _is_column(text: str, place: int, name: str, value: str) -> bool:
    """Whether ``token = s.token`` is of a statement or a program, in which it stands without quotes."""
    at = text.find(value, place + len(name))
    if at < 1 or text[at - 1] in "'\"`":
        return False
    of_table = value.lower().startswith(("excluded.", "new.", "old."))
    of_program = text[max(0, place - 1) : place] in ("'", '"') or (len(name) > 8 and value.endswith(f".{name}"))
    return bool(of_table or of_program or "." in name or _STATEMENT.search(text, max(0, place - _FAR), place))
