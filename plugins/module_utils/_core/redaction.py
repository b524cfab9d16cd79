# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text of logs and health checks without secrets and control characters, so that it can be shown and kept. Pure.

A secret is known by its shape (a provider's key prefix, a private key, a JSON web token, a password hash), by its place
(HTTP's Authorization, the userinfo of a URL after RFC 3986, a cookie, SQL's ``PASSWORD '...'``, an option of a command)
or by the name that stands before it (``password=``, ``{'password': ['...']}``, ``<password>``). Payment card numbers
are known by ISO/IEC 7812 and Luhn's digit. Names and their exceptions: ``secret_names``.

Every rule is linear in the length of the text: a rule begins where a word begins or at a fixed text, and what may
follow is bounded, since a line of a megabyte must not hold up an act.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable

from .lazy import lazy
from .secret.apart import places_apart, without_members
from .secret.cards import without_cards
from .secret.command_words import without_options
from .secret.secret_names import HIDDEN, about_secret, is_secret
from .secret.sentences import without_said
from .text import printable

__all__ = ["HIDDEN", "names_secret", "redacted", "redacted_lines"]

# What sets colours, also written out: between a name and its value it hides what belongs together. ECMA-48, SGR.
_COLOUR = lazy(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e)\[[\d;:]{0,20}[mK]")

# --- known by their shape ---------------------------------------------------------------------------------------------
# Prefixes as the providers document them for scanners; each is long enough not to be a word.
_SHAPES = lazy(
    # A word begins here, and with a letter that one of them begins with: most places of a text are passed over at once.
    r"(?<![A-Za-z0-9_])(?=[\dAEGNPSadghklmnprstwxy])(?:"
    r"(?:sk|rk|pk)_(?:live|test)_\w+|whsec_[\w+/=-]+|(?:pi|seti|cs)_\w{6,80}_secret_\w+"  # Stripe
    r"|xox[abeoprs](?:\.xox[abeoprs])?-[\w-]+|xapp-[\w-]{8,}"  # Slack
    r"|gh[opsur]_\w{16,}|github_pat_\w{16,}"
    r"|gl(?:pat|dt|rt|ptt|ft|imt|agent|oas|cbt|soat|ffct)-[\w.-]{16,}"  # GitLab
    r"|npm_[A-Za-z0-9]{20,}|pypi-[\w-]{16,}|rubygems_[0-9a-f]{20,}|dckr_(?:pat|oat)_[\w-]{16,}"
    r"|(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{12,}|AIza[\w-]{30,}|GOCSPX-[\w-]{16,}|ya29\.[\w-]{16,}"
    r"|sk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,}|hf_[A-Za-z0-9]{20,}|r8_\w{20,}|gsk_\w{20,}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,}|key-[0-9a-f]{32}\b|shp(?:at|ss|ca|pa)_[0-9A-Fa-f]{16,}"
    r"|sq0(?:atp|csp)-[\w-]{16,}|EAAA[\w-]{40,}|do[por]_v1_[0-9a-f]{32,}|ATATT3[\w=-]{20,}|ATCTT3[\w=-]{20,}"
    r"|hv[sbr]\.[\w-]{20,}|glsa_\w{20,}|glc_[\w=+/]{20,}|tskey-[\w-]{12,}|PMAK-[\w-]{20,}|NRAK-\w{20,}"
    r"|lin_api_\w{20,}|ntn_\w{20,}|secret_[A-Za-z0-9]{30,}|figd_[\w-]{20,}|pscale_(?:tkn|oauth|pw)_[\w-]{16,}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{20,}|sbp_[0-9a-f]{30,}|dapi[0-9a-f]{32}\b|sntrys_[\w=+/-]{20,}"
    r"|PRIVATE-TOKEN:\s?\S+"
    r"|md5[0-9a-f]{32}\b"  # PostgreSQL's hash of a password
    r"|\d{8,10}:AA[\w-]{30,}"  # Telegram bots
    r")"
)
_WEB_TOKEN = lazy(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*(?:\.[\w-]*\.[\w-]*)?")  # RFC 7519
# crypt(3), PostgreSQL's, Django's
_HASHES = lazy(
    r"\$(?:1|2[abxy]|5|6|7|y|argon2(?:id|i|d)?|scrypt)\$[\w./$,=+-]{16,}"
    r"|\b(?:scrypt|pbkdf2):[\w:-]{1,40}\$[\w./+=-]{1,80}\$[0-9a-f]{32,}"  # Werkzeug
    r"|\bSCRAM-SHA-256\$\d{1,8}:[\w+/=]{8,}\$[\w+/=:]{16,}|\bpbkdf2_sha\d{1,3}\$\d{1,9}\$\S{16,}"
)
_LDAP_HASH = lazy(r"(\{S?(?:SHA|MD5|CRYPT)\d{0,3}\})[\w./+$=-]{16,}")
_KEY_PAIR = lazy(r"(\b(?:AKIA|ASIA)[0-9A-Z]{12,20}[\s:,;\"']{1,4})[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])")
_HOOKS = lazy(
    r"(?i)(\bhooks\.slack\.com/(?:services|workflows|triggers)/|\bdiscord(?:app)?\.com/api/webhooks/\d{1,24}/"
    r"|\bapi\.telegram\.org/bot|\b[\w-]{1,60}\.webhook\.office\.com/webhookb2/|\boutlook\.office(?:365)?\.com/webhook/)"
    r"[^\s\"'<>]{4,}"
)
_KEY_BEGINS = lazy(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_KEY_ENDS = lazy(r"-{4,5} ?END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_KEY_INLINE = lazy(rf"({_KEY_BEGINS.pattern}).*?({_KEY_ENDS.pattern}|\Z)", re.S)
# What closes a line of a key where it stands in quotes, in JSON or in code.
_CLOSED = r"(?:\\[nr]|\s\+|[\\\"',;}\s])*"
_KEY_BODY = lazy(rf"(?:^|[\s|\"'>:])[A-Za-z0-9+/]{{16,}}={{0,2}}{_CLOSED}$")
# A line of a key behind the prefix of each line (a time, a container's name): body, header, or nothing.
_KEY_LINE = lazy(
    rf"\s*(?:[A-Za-z0-9+/=]*(?:{_CLOSED}$|\\[nr][\"'])|(?:Proc-Type|DEK-Info|Version|Comment): .*{_CLOSED}$)"
)
_NUMBERS_OF_PREFIX = lazy(r"\d+")
_BETWEEN = 30  # lines of other containers between two of a key

# --- known by their place ---------------------------------------------------------------------------------------------
_QUOTED = (
    r"(?:\\\"(?:[^\"\\]|\\[^\"]){0,4096}(?:\\\"|$)|\"(?:\\.|[^\"\\]){0,4096}(?:\"|$)|'(?:\\.|[^'\\]|''){0,4096}(?:'|$))"
)
_ONE_WORD = r"(?:bearer|basic|token|apikey|api-key|key|jwt|bot|negotiate|ntlm|kerberos|splunk|sso-key)"
_AUTHORIZATION = lazy(
    rf"(?i)(?<![A-Za-z])((?:proxy-)?authorization)(\\?[\"']?\s{{0,8}}(?:=>|:=|[:=,])\s{{0,8}})"
    rf"(\[?\s?b?{_QUOTED}\]?|\[[^\]\n]{{0,4096}}\]?|{_ONE_WORD}\s{{1,8}}[^\s\"',]+|(?:digest|aws4-hmac-sha256|oauth|hawk"
    r"|signature)\s[^\n]{0,4096}|[A-Za-z][\w-]{0,40}\s{1,4}[^\s\"',]{8,}|[^\s\"',\]]+)"
)
_BEARER = lazy(r"(?i)\b(bearer\s{1,8})(?=[\w~+/-]{0,200}[\d._~+/=-])[\w.~+/-]{8,}=*")
# A cookie has several parts: the header goes to the end of its line.
_COOKIE = lazy(r"(?i)(?<![\w-])((?:set-)?cookie:\s{0,8})[^\r\n\"']+")
_SQL = lazy(
    r"(?i)(\b(?:set\s{1,8}password\s{1,8}(?:for\s{1,8}\S{1,120}\s{1,8})?(?:=|to)\s{0,8}|(?:old_)?password\(\s?)"
    r"|\b(?:password|identified\s{1,8}(?:with\s{1,8}\S{1,60}\s{1,8})?(?:by|as)(?:\s{1,8}password)?)\s{1,8})"
    r"((?:e|u&)?'(?:[^'\\]|''|\\.){1,4096}(?:'|$)|\"[^\"\s]{1,4096}(?:\"|$)|\$(\w{0,30})\$.{0,4096}?(?:\$\3\$|$))"
)
_GO_DSN = lazy(r"(?<![\w/])([\w.-]{1,80}:)([^\s@/\"']{1,256})(?=@(?:tcp6?|unix)\()")
# A number and then the end of the authority is a port; anything else behind the colon is a password.
_USERINFO = lazy(
    r"(://[^\s:/@?#\"'<>]{0,256}:)(?!\d{1,5}(?:[/?#,\s\"'<>)\]]|$))([^\s@\"'<>]{1,1024}@)(?:[^\s/?#@\"'<>]{0,256}@)*"
)
_URL_TOKEN = lazy(r"(://)(?=[^\s:/@?#]{0,100}\d)[\w.~%+=-]{12,512}(?=@[\w.\[-])")
_QUERY_KEY = lazy(r"(?i)([?&](?:key|sig|signature|x-amz-signature|x-goog-signature)=)[^\s&\"'<>]+")
_ORACLE = lazy(r"(jdbc:oracle:\w{1,10}:[^/\s@]{1,80}/)[^@\s]{1,200}(?=@)")
_DOCKER_AUTH = lazy(r"(\\?\"auth\\?\"\s{0,8}:\s{0,8}\\?\")[A-Za-z0-9+/]{8,}={0,2}")
_XML = lazy(r"<([A-Za-z_][\w:.-]{0,80})(\s[^<>]{0,300})?>(?:<!\[CDATA\[)?([^<]{1,4096})(?=</|$)")
_NAME_VALUE_XML = lazy(
    r"(?i)((?:name|key)=(\"[^\"]{1,80}\"|'[^']{1,80}')\s{1,8}value=)(\"[^\"]{0,4096}\"|'[^']{0,4096}')"
)
# <entry key='password'>x</entry>
_NAMED_XML = lazy(
    r"(<\w[\w:.-]{0,60}\s[^<>]{0,200}?\b(?:name|key|id)=[\"']([^\"'<>]{1,80})[\"'][^<>]{0,200}>)([^<]{1,4096})(?=</|$)"
)
# Markup that was written out: &lt;password&gt;x&lt;/password&gt;
_ESCAPED_XML = lazy(r"(&lt;([A-Za-z_][\w:.-]{0,80})&gt;)((?:(?!&lt;).){1,4096})")
# ``'password', 'x'`` and ``["password", "x"]``: a pair, as headers are kept in lists.
_PAIR = lazy(
    r"(?:\b[bu])?([\"'])([A-Za-z_][\w.-]{0,80})\1(\s{0,8},\s{0,8})([bu]?(?:\"[^\"]{0,4096}\"|'[^']{0,4096}'))(?!\s{0,8}:)"
)

# --- known by the name before them ------------------------------------------------------------------------------------
# A quote, a sign of equality and a blank, also as URLs, HTML and JSON write them out.
_MARK = r"(?:\\{0,3}[\"']|%22|%27|&quot;|&apos;|&#3[49];|\\u0022)?"
_IS = r"(?::=|\?=|=>|->|<-|:(?!:)|={1,3}|!==?|\u2192|%(?:25)?3[AaDd]|&#(?:61|58);|\\u003[DdAa]|\\x3[DdAa])"
_BLANK = r"(?:\s|%20){0,8}"
_NAMED = lazy(
    r"(?:(?<![A-Za-z0-9_.-])|(?<=%2[2367C])|(?<=%5B)|(?<=%3F))"
    r"(-{0,2}[A-Za-z_][\w.-]{0,79}(?:\[[\w.-]{0,60}\]){0,3}|[A-Za-z_][\w.-]{0,79}%5B[\w.-]{1,60}%5D)"
    rf"({_MARK}\]?{_BLANK}{_IS}{_BLANK})"
)
_LIST = lazy(r"\[{1,3}\s{0,4}[bu]?[^\[\]]{0,4096}\]{0,3}")
_OBJECT = lazy(r"\{[^{}]{0,4096}(?:\}|$)")
_BYTES = lazy(r"[bu]?" + _QUOTED)
_ENCODED = lazy(r"(?:%22|%27)?(?:(?!%26|%22|%27|%2C|%7D)[^\s&\"'<>;,]){1,4096}", re.I)
_ESCAPED = lazy(r"(?:&quot;|&#34;)(?:(?!&quot;|&#34;).){0,4096}(?:&quot;|&#34;)?")
# What makes a value of a text: SecretStr('x'), Some("x"), PHP's string(5) "x".
_MADE = lazy(rf"[A-Za-z_][\w.:]{{0,60}}\((?:\d{{1,6}}\)\s{_QUOTED}|\s?[bu]?{_QUOTED}\s?\)?)")
_COOKIES = lazy(r"[^\s,;&\"'<>)\]}]+(?:;\s?[^\s;=,\"'<>]{1,80}=[^\s;,\"'<>]{0,4096})*")
_WORD = lazy(r"(?:\\\s|[^\s,;&\"'<>)\]}])+")
_NUMBER = lazy(r"-?\d{1,15}(?:\.\d{1,6})?(?:\s?(?:ms|s|m|h|d|%|bytes|B|kB|MB))?$")
_EMPTY = lazy(
    r"(?i)\\?[\"']{0,2}(?:true|false|null|none|nil|undefined|\(hidden\)?|\[?filtered\]?|\[?redacted\]?|\*{3,}"
    r"|x{4,}|<[\w -]{1,40}>)?\\?[\"']{0,2}$"
)
_PROSE = lazy(r"[a-z]{2,14}$|[A-Z][a-z]{1,14}$")


def redacted(text: str) -> str:
    """One line of text without secrets, card numbers and control characters.

    >>> redacted("charge failed: key sk_live_abc123, card 4242 4242 4242 4242")
    'charge failed: key (hidden), card (hidden)'
    """
    for rule in _RULES:
        text = rule(text)
    return printable(text)


def redacted_lines(lines: Iterable[str]) -> list[str]:
    """As many lines as were given, without secrets, also those of several lines (private keys).

    Where the first line of a key is missing, the lines above its last line are hidden if they look like its body.
    """
    given = list(lines)
    hidden = _key_lines(given) | places_apart(given)
    return [HIDDEN if place in hidden else redacted(line) for place, line in enumerate(given)]


def names_secret(name: str) -> bool:
    """Whether a field of this name holds a secret.

    >>> names_secret("db_password"), names_secret("amount"), names_secret("password_length")
    (True, False, False)
    """
    return is_secret(name) or "authorization" in name.lower()


def _key_lines(lines: list[str]) -> set[int]:
    """The places of lines that belong to a private key of several lines, also with those of others between them."""
    hidden: set[int] = set()
    column, prefix, between = -1, "", 0  # where the key's lines begin, inside of one
    for place, line in enumerate(lines):
        begins, ends = _KEY_BEGINS.search(line), _KEY_ENDS.search(line)
        if begins:
            column = -1 if ends else begins.start()
            prefix, between = _prefix(line, column), 0
        elif ends:
            hidden |= {place} | (_body_above(lines, place, ends.start()) if column < 0 else set())
            column = -1
        elif column >= 0 and _continues(line, column, prefix, between):
            hidden.add(place)
            between = 0
        elif column >= 0:
            between += 1
            column = column if between <= _BETWEEN else -1
    return hidden


def _prefix(line: str, column: int) -> str:
    """What stands before a key's line, but for its numbers: a time, a name of a container."""
    return _NUMBERS_OF_PREFIX.sub("0", line[:column])


def _continues(line: str, column: int, prefix: str, between: int) -> bool:
    """Whether a line is the next one of a key; behind lines of others only one with the same prefix is."""
    if between and _prefix(line, column) != prefix:
        return False
    return bool(_KEY_LINE.match(line, column) or _KEY_BODY.search(line))


def _body_above(lines: list[str], end: int, column: int) -> set[int]:
    """The lines above the last line of a key that look like its body; the last of them may be short."""
    body: set[int] = set()
    prefix, between = _prefix(lines[end], column), 0
    for place in range(end - 1, -1, -1):
        line = lines[place]
        short = not body and _prefix(line, column) == prefix and _KEY_LINE.match(line, column)
        if short or (_KEY_BODY.search(line) and not (between and _prefix(line, column) != prefix)):
            body.add(place)
            between = 0
            continue
        between += 1
        if between > _BETWEEN:
            break
    return body


def _behind_names(text: str) -> str:
    """Values that stand behind a name of a secret."""
    kept: list[str] = []
    place = 0
    match = _NAMED.search(text, 0)
    while match:
        name, between = match.group(1), match.group(2)
        end = _end_of_value(text, match.end(), name, between) if is_secret(name) else 0
        if end:
            kept += [text[place : match.end()], HIDDEN]
            place = end
        match = _NAMED.search(text, end or match.end())
    return "".join([*kept, text[place:]])


def _end_of_value(text: str, start: int, name: str, between: str) -> int:
    """Where the value that begins at ``start`` ends; 0 where it is no secret."""
    value = _value_at(text, start, name, "%" in between and "=" not in between)
    if not value or _EMPTY.match(value):
        return 0
    bare = value.strip("[]()\"'\\ ")
    if about_secret(name) and _NUMBER.match(bare):  # tokens=512: how many, not which
        return 0
    if between.endswith((" ", "\t")) and ":" in between and _is_prose(name, bare):
        return 0
    if name.rpartition("_")[2].upper() in ("PWD", "OLDPWD") and value[:1] == "/":  # the shell's working directory
        return 0
    return start + len(value)


def _value_at(text: str, start: int, name: str, encoded: bool) -> str:
    rules = (_ENCODED,) if encoded else (_ESCAPED, _LIST, _OBJECT, _BYTES, _MADE, _WORD)
    if "cookie" in name.lower():
        rules = (*rules[:-1], _COOKIES)
    for rule in rules:
        match = rule.match(text, start)
        if match:
            return match.group()
    return ""


def _is_prose(name: str, value: str) -> bool:
    """``invalid token: expired``: a sentence continues behind the colon; behind ``password:`` that is not known."""
    return name.lower() in ("token", "secret", "cookie", "credentials", "tokens", "secrets") and bool(
        _PROSE.match(value)
    )


def _authorized(text: str) -> str:
    def hide(match: re.Match[str]) -> str:
        return match.group() if _EMPTY.match(match.group(3)) else f"{match.group(1)}{match.group(2)}{HIDDEN}"

    return _AUTHORIZATION.sub(hide, text)


def _glued(text: str) -> str:
    def hide(match: re.Match[str]) -> str:
        return f"{match.group(1)}{match.group(2)}{HIDDEN}"

    return _GLUED_LONG.sub(hide, text)


_GLUED_LONG = lazy(r"(?i)(?<=[\w.-]{80})(passw(?:or)?d|secret|token|api_?key)([\"']?[=:])(?:[^\s,;&\"'<>]+)")


def _elements(text: str) -> str:
    def hide(match: re.Match[str]) -> str:
        if not is_secret(match.group(1).rpartition(":")[2]) or _EMPTY.match(match.group(3).strip()):
            return match.group()
        return f"<{match.group(1)}{match.group(2) or ''}>{HIDDEN}"

    def hide_value(match: re.Match[str]) -> str:
        return f"{match.group(1)}{HIDDEN}" if is_secret(match.group(2).strip("\"'")) else match.group()

    if "&lt;" in text:
        text = _ESCAPED_XML.sub(hide_value, text)
    return _NAMED_XML.sub(hide_value, _NAME_VALUE_XML.sub(hide_value, _XML.sub(hide, text))) if "<" in text else text


def _pairs(text: str) -> str:
    def hide(match: re.Match[str]) -> str:
        if not names_secret(match.group(2)) or _EMPTY.match(match.group(4)):
            return match.group()
        head = match.group()[: match.start(4) - match.start()]
        return f"{head}{HIDDEN}"

    return _PAIR.sub(hide, text)


def _sub(rule: re.Pattern[str], instead: str, needs: str = "") -> Callable[[str], str]:
    """``needs``: a text without which the rule finds nothing; looking for that first costs a hundredth."""
    return lambda text: rule.sub(instead, text) if needs in text else text


_RULES: tuple[Callable[[str], str], ...] = (
    lambda text: _COLOUR.sub("", text) if "[" in text else text,
    _sub(_KEY_INLINE, rf"\1{HIDDEN}\2", "BEGIN"),
    _sub(_HOOKS, rf"\1{HIDDEN}"),
    _sub(_KEY_PAIR, rf"\1{HIDDEN}", "IA"),
    _sub(_SHAPES, HIDDEN),
    _sub(_WEB_TOKEN, HIDDEN),
    _sub(_HASHES, HIDDEN, "$"),
    _sub(_LDAP_HASH, rf"\1{HIDDEN}", "{"),
    _authorized,
    _sub(_BEARER, rf"\1{HIDDEN}"),
    _sub(_COOKIE, rf"\1{HIDDEN}"),
    _sub(_USERINFO, rf"\1{HIDDEN}@", "://"),
    _sub(_URL_TOKEN, rf"\1{HIDDEN}", "://"),
    _sub(_QUERY_KEY, rf"\1{HIDDEN}", "="),
    _sub(_DOCKER_AUTH, rf"\1{HIDDEN}", "auth"),
    _sub(_ORACLE, rf"\1{HIDDEN}", "jdbc:oracle"),
    _sub(_GO_DSN, rf"\1{HIDDEN}", "@"),
    _sub(_SQL, rf"\1{HIDDEN}"),
    without_members,
    without_options,
    without_said,
    _elements,
    _pairs,
    _behind_names,
    _glued,
    without_cards,
)
