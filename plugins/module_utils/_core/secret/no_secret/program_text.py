# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines of programs, as tracebacks show them: what is assigned is computed, and has no value there. Pure.

Calls without a literal, members of objects, arguments that are passed on by their name, types of parameters.
"""

from __future__ import annotations

from ...lazy import lazy
from ..secret_names import is_secret

_NAME = r"[A-Za-z_]\w{0,60}"
_PATH = rf"\$?{_NAME}(?:(?:\.|->|::|\?\.){_NAME}){{0,6}}"
_KEY = r"\[[\"'][A-Za-z_][\w.-]{0,60}[\"']\]"
_END = r"(?=[\s,;)\]}]|$)"
# Functions that look up what their argument names: headers.get("X"), env("DB_PASSWORD"), vault.read("shop/db")
_READS = (
    r"(?:get_?env|env|config"
    r"|(?:\w{1,60}(?:\.|->|::|\?\.)){1,6}(?:get|read|fetch|lookup|load|find|header|pop|require|var)\w{0,20})"
)
_VERB = r"(?:get|fetch|make|create|generate|load|read|build|sign|find|issue)"
_COMPUTED = lazy(
    r"(?:await\s)?(?:"
    rf"{_PATH}(?:\(\))?(?:{_KEY}){{1,4}}(?=[\s,;)\]}}.(]|$)"
    rf"|(?=[A-Za-z_$]\w{{2,60}}[.:>?-]|\w{{0,60}}_|{_VERB}[A-Z]\w{{2,60}}\(){_PATH}\((?=(?:[A-Za-z_*&$][^()'\"\n]{{0,120}})?(?:[()]|=\s?[\"']))"
    rf"|{_READS}\([\"'][A-Za-z_][\w./:-]{{0,80}}[\"']\)\??{_END})"
)
# Objects of which a member that is called like a secret is one, and not its value.
_MEMBER = lazy(
    r"(?:cfg|conf|config|configuration|constants|settings|self|this|cls|options|opts|args|params|env|environ|app|req"
    r"|request|res|resp|response|ctx|context|event|props|state|user|account|data|body|payload|client|session|creds"
    r"|credentials|secrets|module|vars|input|form|current_app|Config|Settings|Rails|System)"
    rf"(?:(?:\.|->|::|\?\.)[A-Za-z_]{{1,60}}){{0,5}}(?:\.|->|::|\?\.)([A-Za-z_]{{1,60}}){_END}"
)
_CONSTANT = lazy(r"[A-Z_]{1,60}_(?:KEY|SECRET|TOKEN|PASS|PASSWORD)$")
_TYPE = lazy(
    r"(?:str|bytes|[sS]tring|SecretStr|(?:Optional|Union|Annotated)\[[\w., \[\]]{1,60}\]|&(?:mut\s)?str)"
    r"(?:\s\|\sNone)?(?=\s?[,)=])"
)
_ENDS = frozenset([".", "(", "[", ",", ")"])  # signs behind the first word of an expression
_WITH_BLANK = frozenset(["await", "str", "bytes", "string", "String", "SecretStr"])  # words of one before a blank
_FAR = 200  # characters of a line before a name


def is_computed(text: str, place: int, name: str, value: str) -> bool:
    """Whether what stands behind a name is an expression of a program, and no value.

    ``place``: of ``name``. ``value``: the first word of what stands there, without quotes.

    >>> line = 'token = request.headers.get("X")'
    >>> is_computed(line, 0, "token", 'request.headers.get("X'), is_computed("token = x", 0, "token", "x")
    (True, False)
    """
    at = text.find(value, place + len(name)) if value else -1
    if at < 1 or text[at - 1] in "'\"`":
        return False
    last = name.rpartition(".")[2]
    if value == last and name.startswith(("self.", "this.")):  # self.token = token
        return True
    if value[:1] == "{" and value[-1:] == "}" and _is_called_alike(value[1:-1], last):
        return True  # of a text that is filled in
    behind = text[at + len(value) : at + len(value) + 1]
    if not (behind in _ENDS or "." in value or "(" in value or "[" in value or value in _WITH_BLANK):
        return False  # as most are
    if _COMPUTED.match(text, at):
        return True
    member = _MEMBER.match(text, at)
    if member and (
        is_secret(member.group(1)) or _CONSTANT.match(member.group(1)) or member.group(1) == "authorization"
    ):
        return True
    return _in_call(text, place) and (_is_passed_on(text, at, name, value) or _is_type(text, at, place + len(name)))


def _is_passed_on(text: str, at: int, name: str, value: str) -> bool:
    """login(password=password), connect(password=db_password)"""
    alike = _is_called_alike(value, name.rpartition(".")[2])
    return alike and text[at + len(value) : at + len(value) + 1] in (",", ")")


def _is_called_alike(variable: str, name: str) -> bool:
    """password for password, db_password for password"""
    return variable == name or (variable.endswith(f"_{name}") and variable.replace("_", "").isalpha())


def _is_type(text: str, at: int, colon: int) -> bool:
    return text[colon : colon + 1] == ":" and bool(_TYPE.match(text, at))


def _in_call(text: str, place: int) -> bool:
    before = text[max(0, place - _FAR) : place].rpartition("\n")[2]
    return before.count("(") > before.count(")")
