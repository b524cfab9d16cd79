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
from .secret.apart import without_members
from .secret.audit_records import without_encoded
from .secret.by_place.bound_values import without_bound_values
from .secret.by_place.key_values import without_key_values
from .secret.by_place.line_heads import split_heads
from .secret.by_place.quoted_values import messages_apart, with_messages, without_quoted
from .secret.by_place.signatures import without_signatures
from .secret.by_place.sql_passwords import without_sql_passwords
from .secret.by_place.userinfo import without_userinfo
from .secret.by_place.validated_values import without_inputs, without_validated
from .secret.calls import without_arguments
from .secret.cards import without_cards
from .secret.command_words import without_options
from .secret.objects import without_objects
from .secret.other_lines import places_apart
from .secret.pairs import without_pairs
from .secret.private_keys import key_lines, without_keys
from .secret.secret_names import HIDDEN, about_secret, counts, is_secret
from .secret.sentences import without_said
from .secret.settings_lines import without_settings
from .secret.shapes import without_shapes
from .secret.stand_ins import is_place, is_said, is_whole_reference, names_no_secret, reference_at
from .text import printable

__all__ = ["HIDDEN", "hides", "names_secret", "redacted", "redacted_lines"]

# What sets colours, also written out: between a name and its value it hides what belongs together. ECMA-48, SGR.
_COLOUR = lazy(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e)\[[\d;:]{0,20}[mK]")

# --- known by their place ---------------------------------------------------------------------------------------------
_QUOTED = (
    r"(?:''(?=[^\s',;)])[^']{1,4096}''"  # inside of a literal of SQL
    r"|\\\"(?:[^\"\\]|\\[^\"]){0,4096}(?:\\\"|$)|\\{2,7}\"[^\"\\]{0,4096}(?:\\{2,7}\"|$)"
    r"|\"(?:\\.|[^\"\\]){0,4096}(?:\"|$)|'(?:\\.|[^'\\]|''){0,4096}(?:'|$))"
)
_ONE_WORD = r"(?:bearer|basic|token|apikey|api-key|key|jwt|bot|negotiate|ntlm|kerberos|splunk|sso-key)"
_AUTHORIZATION = lazy(
    rf"(?i)(?:(?<![A-Za-z])|(?<=\\[nr]))((?:proxy-)?authorization)"
    rf"(\\?[\"']?\s{{0,8}}(?:=>|:=|[:=]|(?<=[\"']),(?!\s{{0,8}}[\"'](?:[A-Za-z-]{{1,40}}\\?[\"']|[\w-]{{1,80}}\\?[\"']\s{{0,8}}:)))\s{{0,8}})"
    rf"(\[\][\w.*]{{1,60}}\{{[^{{}}]{{0,4096}}\}}|\[?\s?b?{_QUOTED}\]?|\[[^\]\n]{{0,4096}}\]?|{_ONE_WORD}\s{{1,8}}[^\s\"',]+"
    r"|(?:digest|aws4-hmac-sha256|oauth|hawk|signature)\s[^\n]{0,4096}|[A-Za-z][\w-]{0,40}\s{1,4}[^\s\"',]{8,}|[^\s\"',\]]+)"
)
# What is said of it, and no scheme of it.
_ANSWER = lazy(
    r"(?:required|missing|denied|failed|failure|granted|ok|okay|invalid|optional|disabled|enabled|success|successful|refused"
    r"|accepted|rejected|expired|checked|header)$"
)
_BEARER = lazy(r"(?i)\b(bearer\s{1,8})(?![a-z_]{1,40}=\S)(?=[\w~+/-]{0,200}[\d._~+/=-])[\w.~+/-]{8,}=*")
# A cookie has several parts: the header goes to the end of its line. Or there is none, or the line speaks of it.
_COOKIE = lazy(
    r"(?i)(?:(?<![\w-])|(?<=\\[nr]))((?:set-)?cookie:\s{0,8})(?!\s|(?:-{1,3}|none|null|nil|yes|no|true|false|absent|unset|empty|missing"
    r"|present|invalid|expired|rejected|accepted|required|deleted|disabled|enabled|not\s[a-z]{3,10}|<[a-z ]{2,12}>"
    r"|\([a-z ]{2,12}\)|[a-z]{2,14}(?:\s[a-z]{2,14}){1,7}\.?)\s{0,8}"
    r"(?:[)\]}]|,\s?[a-z][\w-]{0,40}:\s|\|(?!\s{0,4}[\w.-]{1,80}=)|$))[^\r\n\"']+"
)
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

# --- known by the name before them ------------------------------------------------------------------------------------
# A quote, a sign of equality and a blank, also as URLs, HTML and JSON write them out.
_SEEN = r"(?::(?:protected|private|public|\"[\w\\]{1,80}\":private))?"  # PHP's dumps
_MARK = rf"(?:\\{{0,7}}[\"'`]{_SEEN}|%22|%27|&quot;|&apos;|&#3[49];|\\u0022)?"
_IS = r"(?::=|\?=|=>|->|<-|:(?!:)|::(?=\s)|={1,3}|!==?|\u2192|%(?:25)?3[AaDd]|&#(?:61|58);|\\u003[DdAa]|\\x3[DdAa])"
_BLANK = r"(?:\s|%20){0,48}"  # Terraform and settings in columns have many
_NAMED = lazy(
    r"(?:(?<![A-Za-z0-9_.-])|(?<=%2[2367C])|(?<=%5B)|(?<=%3F))"
    r"(-{0,2}[A-Za-z_][\w.-]{0,79}(?:\[[\w.-]{0,60}\]){0,3}|[A-Za-z_][\w.-]{0,79}%5B[\w.-]{1,60}%5D)"
    rf"({_MARK}\]?{_BLANK}{_IS}{_BLANK})"
)
_LIST = lazy(r"\[{1,3}\s{0,4}[bu]?[^\[\]]{0,4096}\]{0,3}")
_OBJECT = lazy(r"\{[^{}]{0,4096}(?:\}|$)")
_THRICE = lazy(r"(\"{3}|'{3})(?!\1)(?:(?!\1).){1,4096}(?:\1|$)")
_BYTES = lazy(r"(?:[bB]|[rRfF]|[eEnN]|[uU]&?|rb|br|\$)?" + _QUOTED)
# 'a' 'b', "a" + "b", 'a' . 'b': one text
_GOES_ON = lazy(r"\s{0,4}(?:[+.]|->)?\s{0,4}(?:'[^'\n]{0,4096}(?:'|$)|\"[^\"\n]{0,4096}(?:\"|$))(?!\s{0,4}[:=])")
_TAGS = lazy(r"(?:(?:!{1,2}[A-Za-z][\w:/.-]{0,40}|&[A-Za-z_][\w-]{0,40})\s{1,4}){1,2}(?=\S)")  # YAML's
_ELEMENTS = lazy(
    r"(?i)(?:</?(?:b|i|em|strong|span|td|th|tr|code|tt|br|p|div|dd|dt|li)(?:\s[^<>]{0,100})?/?>\s{0,4}){1,4}"
)
_ANGLE = lazy(r"<(?![/!?])[^<>\n]{1,400}>")
# Data Source=x;Password=a b;  and Config(user=x, password=a b, port=1)
_FIELD = lazy(r"\{[^{}\n]{1,400}\}(?=;|$)|[^;\"'\n]{1,200}?(?=;\s?(?:[A-Za-z][\w ]{0,40}=|$|[\"']))")
_DUMPED = lazy(r"[^,;=\"'()\[\]{}<>\n&]{1,100}?(?=,\s?[\w.]{1,60}=|[)\]}]|\s[A-Za-z_]\w{0,60}:[^\s:])")  # Go: {A:x B:y}
_TO_QUOTE = {quote: lazy(rf"[^{quote}\n]{{1,1000}}(?={quote})") for quote in ("'", '"')}
_OF_SHELL = lazy(r"(?:CMD-SHELL|-l?c)\\?[\"'],\s{0,4}\\?[\"']$")  # ["CMD-SHELL", "PASSWORD=a command"]
_REST = lazy(r"[^\s\"'=:;,][^\"'=:;,\n]{0,400}?(?=[ \t\r]{0,9}(?:\n|$))")
_SENTENCE = lazy(
    r"(?i)(?:is|was|are|has|had|must|may|can|cannot|can't|should|does|do|did|not|too|will|for|of|reset|and|or|set|use|give|check|see|please|enter)\s"
)
_ENCODED = lazy(r"(?:%22|%27)?(?:(?!%26|%22|%27|%2C|%7D)[^\s&\"'<>;,]){1,4096}", re.I)
_ESCAPED = lazy(r"(?:&quot;|&#34;)(?:(?!&quot;|&#34;).){0,4096}(?:&quot;|&#34;)?")
# What makes a value of a text: SecretStr('x'), Some("x"), PHP's string(5) "x".
_MADE = lazy(
    rf"(?:\[\]|[&*])?[A-Za-z_][\w.:]{{0,60}}\((?:\d{{1,6}}\)\s{_QUOTED}|\s?[bu]?{_QUOTED}\s?\)?)"
    rf"|(?:\([\w*.=\[\]/ ]{{1,60}}\)\s?){{1,3}}{_QUOTED}|string\s{_QUOTED}"  # Go's and PHP's dumps
    r"|(?:\[\]|map\[\w{1,40}\])[\w.*]{1,60}\{[^{}]{0,4096}\}"
)
_COOKIES = lazy(r"[^\s,;&\"'<>)\]}]+(?:;\s?[^\s;=,\"'<>]{1,80}=[^\s;,\"'<>]{0,4096})*")
_WORD = lazy(r"(?:\$\{[^{}\s]{0,200}\}|\$\([^()\n]{0,200}\)|\\\s|[^\s,;&\"'<>)\]}\x00-\x1f])+")
_SEVERAL = lazy(r"(?:,\s?(?=[^\s,;&]{0,200}\d)(?=[^\s,;&]{0,200}[A-Za-z])[^\s,;&\"'=:)\]}]{6,200})+")
_EMPTY = lazy(
    r"(?i)\\?[\"']{0,2}(?:true|false|yes|no|on|off|null|none|nil|undefined|[\[{(]|~|\(hidden\)?"
    r"|\[?(?:filtered|redacted)\]?|\[(?:protected|masked|hidden|removed|omitted|scrubbed|sanitized)\]"
    r"|\*{3,}|x{4,}|-{1,3}|n/a|<(?:redacted|hidden|none|nil|null|unset|set|not set|not shown|empty|masked|filtered"
    r"|removed|omitted|secret|password|token|your[\w -]{0,30}|[\w -]{0,20}hidden|[\w -]{0,20}redacted)>|\$\d{1,3}|\?|%s"
    r"|@p\d{1,3})?\\?[\"']{0,2}$"
)
_PLAIN = (_MADE, _BYTES, _WORD)  # what may begin with a letter or a digit
_VALUES = (_THRICE, _ESCAPED, _MADE, _LIST, _OBJECT, _BYTES, _ANGLE, _WORD)
_BETWEEN = lazy(r"[\"'][\s,:;{}\[\]]{1,10}[\"']$")  # the end of one text of JSON and the beginning of the next
_CALLED = lazy(r"\s{1,4}[a-z]{2,20}\s")
_PROSE = lazy(r"[a-z]{2,14}$|[A-Z][a-z]{1,14}$")

_ESCAPES = lazy(r"\\{1,7}\"")
_MAY_NAME = lazy(r"(?i)pass|pwd|secret|token|key|auth|cookie|cred|setuser|phrase|sig|-cli|mysql|curl|login")
# What a validation says of a field, and counts of several kinds.
_FAULTS = lazy(
    r"(?i)\[\s?[\"'](?:(?:invalid|expired|unknown|wrong|incorrect|missing|no|this|the|must|too|is|should|can"
    r"|cannot|may|password|please|enter|ensure|not|does|has|you|your)\s[^\"']*"
    r"|required|invalid|missing|blank)[\"']\s?(?:,\s?[\"'][^\"']*\s[^\"']*[\"']\s?)*\]?$"
    r"|\[\s?ErrorDetail\(string="
)
_COUNTED = lazy(r"\{?(?:\s?[\"']?\w{1,40}[\"']?\s?[:=]\s?\d{1,15}(?:\.\d{1,6})?,?)+\s?\}?$")
_OF_PROSE = frozenset(
    ["token", "secret", "cookie", "credentials", "tokens", "secrets", "cookies", "otp", "totp", "jwt"]
)


def redacted(text: str) -> str:
    """A text on one line, without secrets, card numbers and control characters.

    >>> redacted("charge failed: key sk_live_abc123, card 4242 4242 4242 4242")
    'charge failed: key (hidden), card (hidden)'
    """
    if "\n" in text:
        lines = without_inputs(text.split("\n"))
        hidden = key_lines(lines) | places_apart(lines)
        text = "\n".join(HIDDEN if place in hidden else line for place, line in enumerate(lines))
    messages: list[str] = []
    if '="' in text:
        text = messages_apart(text, messages, redacted_lines)
    for rule in _RULES:
        text = rule(text)
    shown = printable(_behind_escapes(text) if '\\"' in text else text)
    return with_messages(shown, messages) if messages else shown


def _behind_escapes(text: str) -> str:
    """The text without what the rules find only where its quotes are not escaped, as in a JSON string or logfmt."""
    if not _MAY_NAME.search(text):
        return text
    bare = _ESCAPES.sub('"', text)
    for rule in _OF_QUOTES:
        bare = rule(bare)
    return bare if bare.count(HIDDEN) > text.count(HIDDEN) else text


def redacted_lines(lines: Iterable[str]) -> list[str]:
    """As many lines as were given, without secrets, also those of several lines (private keys).

    Where the first line of a key is missing, the lines above its last line are hidden if they look like its body.
    """
    heads, given, bare = split_heads(list(lines))
    hidden = key_lines(bare) | places_apart(bare)
    return [heads[at] + (HIDDEN if at in hidden else redacted(line)) for at, line in enumerate(without_inputs(given))]


def hides(name: str, value: object) -> bool:
    """Whether a value under a name is a secret: counts, answers and nothing are none.

    >>> hides("password", "x"), hides("tokens", 512), hides("token", None), hides("session_id", 4711)
    (True, False, False, False)
    """
    if not names_secret(name) or isinstance(value, bool) or value in (None, ""):
        return False
    if isinstance(value, (int, float)):
        return not counts(name, str(value))
    if isinstance(value, (dict, list)) and value:
        text = str(value)
        return not (_FAULTS.match(text) or (about_secret(name) and _COUNTED.match(text)))
    text = value if isinstance(value, str) else ""
    answers = "authorization" in name.lower() and _ANSWER.match(text)
    none = counts(name, text) or names_no_secret("", 0, name, text)
    return not (text and (_EMPTY.match(text) or none or answers or is_whole_reference(text)))


def names_secret(name: str) -> bool:
    """Whether a field of this name holds a secret.

    >>> names_secret("db_password"), names_secret("amount"), names_secret("password_length")
    (True, False, False)
    """
    return is_secret(name) or "authorization" in name.lower()


def _behind_names(text: str) -> str:
    """Values that stand behind a name of a secret."""
    kept: list[str] = []
    place = 0
    match = _NAMED.search(text, 0)
    while match:
        name, between = match.group(1), match.group(2)
        behind = reference_at(text, match.end()) if is_secret(name) else 0
        end = _end_of_value(text, match.end(), name, between) if is_secret(name) and not behind else 0
        if end:
            kept += [text[place : match.end()], HIDDEN]
            place = end
        match = _NAMED.search(text, end or behind or match.end())
    return "".join([*kept, text[place:]])


def _end_of_value(text: str, start: int, name: str, between: str) -> int:
    """Where the value that begins at ``start`` ends; 0 where it is no secret."""
    place = start - len(name) - len(between)
    if between == ":" and is_place(text, start, name):
        return 0
    tags = _TAGS.match(text, start) if ":" in between else None
    tags = tags or (_ELEMENTS.match(text, start) if text[start : start + 1] == "<" else None)
    begin = tags.end() if tags else start
    value = _value_at(text, begin, name, "%" in between and "=" not in between)
    if not value or _EMPTY.match(value.strip("`")) or _BETWEEN.match(value) or is_whole_reference(value.strip("\"'")):
        return 0
    inner = _NAMED.match(text, begin)
    if inner and inner.group(2)[-1:] in (" ", "\t") and is_secret(inner.group(1)):  # credentials: api_key: x
        return 0
    bare = value.strip("[]()\"'\\` ")
    if counts(name, bare) or names_no_secret(text, place, name, bare):  # tokens=512: how many, not which
        return 0
    if between[-1] in " \t" and ":" in between:
        prose = (value[:1] not in "\"'" and _is_prose(name, bare)) or _SENTENCE.match(text, begin)
        if prose or is_said(text, begin, name, bare):
            return 0
    if _FAULTS.match(value) or (about_secret(name) and _COUNTED.match(value)):
        return 0
    if name.rpartition("_")[2].upper() in ("PWD", "OLDPWD") and value[:1] == "/":  # the shell's working directory
        return 0
    if about_secret(name) and text[begin + len(value) : begin + len(value) + 1] == ",":  # tokens=a1b2c3,d4e5f6
        several = _SEVERAL.match(text, begin + len(value))
        return several.end() if several else begin + len(value)
    return _end_of_whole(text, begin, begin + len(value), place, line=between[-1:] in (" ", "\t"))


def _end_of_whole(text: str, begin: int, end: int, name: int, line: bool) -> int:
    """The end of a value of several words or literals, of which ``end`` is that of the first.

    ``name``: its place. ``line``: on a line of its own the value goes to the line's end; ``A=x command`` does not.
    """
    if text[end - 1 : end] in ("'", '"'):
        further = _GOES_ON.match(text, end)
        return further.end() if further else end
    if text[end : end + 1] not in (" ", ";", "}") or name < 0:
        return end
    before = text[max(0, name - 60) : name].rpartition("\n")[2].rpartition(" | ")[2]  # behind a container's name
    whole = None
    if before.endswith(";") or (text[begin : begin + 1] == "{" and ";" in text[end : end + 400]):
        whole = _FIELD.match(text, begin)
    elif before.strip() == "-":  # an item of a list of YAML: - PASSWORD=a b
        whole = _REST.match(text, begin)
    elif before[-1:] in ("'", '"') and text[begin - 1] == "=" and not _OF_SHELL.search(before):  # ["PASSWORD=a b"]
        whole = _TO_QUOTE[before[-1]].match(text, begin)
    elif before.rstrip()[-1:] in ("(", "[", "{", ","):
        whole = _DUMPED.match(text, begin)
    if line and not whole and not before.strip(" \t-[") and not _SENTENCE.match(text, begin):
        whole = _REST.match(text, begin)  # a line of settings: password = a b
    return max(end, whole.end()) if whole else end


def _value_at(text: str, start: int, name: str, encoded: bool) -> str:
    rules = (_ENCODED,) if encoded else _PLAIN if text[start : start + 1].isalnum() else _VALUES
    if "cookie" in name.lower():
        rules = (*rules[:-1], _COOKIES)
    for rule in rules:
        match = rule.match(text, start)
        if match:
            return match.group()
    return ""


def _is_prose(name: str, value: str) -> bool:
    """``invalid token: expired``: a sentence continues behind the colon; behind ``password:`` that is not known."""
    return name.lower() in _OF_PROSE and bool(_PROSE.match(value))


def _authorized(text: str) -> str:
    def hide(match: re.Match[str]) -> str:
        value = match.group(3).strip("\"'")
        answer = _ANSWER.match(match.group(3).partition(" ")[0])  # also authorization=denied reason=scope
        said = answer or _EMPTY.match(match.group(3)) or is_whole_reference(value.split(" ")[-1])
        return match.group() if said else f"{match.group(1)}{match.group(2)}{HIDDEN}"

    return _AUTHORIZATION.sub(hide, text) if "authorization" in text.lower() else text


_GLUED_LONG = lazy(r"(?i)(?<=[\w.-]{80})(passw(?:or)?d|secret|token|api_?key)([\"']?[=:])(?:[^\s,;&\"'<>]+)")


def _elements(text: str) -> str:
    def hide(match: re.Match[str]) -> str:
        if not is_secret(match.group(1).rpartition(":")[2]) or _EMPTY.match(match.group(3).strip()):
            return match.group()
        if _CALLED.match(match.group(3)) and match.string[match.end() : match.end() + 2] != "</":
            return match.group()  # AUTH <password> called without any password configured
        return f"<{match.group(1)}{match.group(2) or ''}>{HIDDEN}"

    def hide_value(match: re.Match[str]) -> str:
        return f"{match.group(1)}{HIDDEN}" if is_secret(match.group(2).strip("\"'")) else match.group()

    if "&lt;" in text:
        text = _ESCAPED_XML.sub(hide_value, text)
    return _NAMED_XML.sub(hide_value, _NAME_VALUE_XML.sub(hide_value, _XML.sub(hide, text))) if "<" in text else text


def _sub(rule: re.Pattern[str], instead: str, needs: str = "") -> Callable[[str], str]:
    """``needs``: a text without which the rule finds nothing; looking for that first costs a hundredth."""
    return lambda text: rule.sub(instead, text) if needs in text else text


def _sub_low(rule: re.Pattern[str], instead: str, *needs: str) -> Callable[[str], str]:
    """The same for texts in small letters, of which one is needed."""

    def substituted(text: str) -> str:
        low = text.lower()
        return rule.sub(instead, text) if any(word in low for word in needs) else text

    return substituted


_RULES: tuple[Callable[[str], str], ...] = (
    lambda text: _COLOUR.sub("", text) if "[" in text else text,
    lambda text: without_encoded(text, redacted),
    lambda text: without_quoted(text, redacted_lines),
    without_bound_values,
    without_key_values,
    without_keys,
    without_shapes,
    without_signatures,
    _authorized,
    _sub_low(_BEARER, rf"\1{HIDDEN}", "bearer"),
    _sub_low(_COOKIE, rf"\1{HIDDEN}", "cookie"),
    without_userinfo,
    _sub(_DOCKER_AUTH, rf"\1{HIDDEN}", "auth"),
    without_sql_passwords,
    without_arguments,
    without_objects,
    without_members,
    without_validated,
    without_options,
    without_settings,
    without_said,
    _elements,
    without_pairs,
    _behind_names,
    _sub(_GLUED_LONG, rf"\1\2{HIDDEN}"),
    without_cards,
)
# Those whose forms have quotes.
_OF_QUOTES = (
    without_arguments,
    without_members,
    without_options,
    without_said,
    _elements,
    without_pairs,
    _behind_names,
)
