# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What programs, shells and validations report behind the name of a file, a variable or a field. Pure.

A closed list of beginnings: a passphrase of plain words begins with none of them.
"""

from __future__ import annotations

from ...lazy import lazy

# strerror(3), and how Go, Java and Rust write the same.
_OF_SYSTEM = (
    r"(?:permission|access)\s(?:is\s)?denied|no\ssuch\s(?:file|device|process|object|key|secret|variable)"
    r"|(?:is|not)\sa\sdirectory|read-only\sfile\ssystem|no\sspace\sleft|too\smany\s(?:open\sfiles|levels)"
    r"|operation\snot\s(?:permitted|supported)|input/output\serror|(?:file|key)\s(?:already\s)?(?:exists|not\sfound)"
    r"|bad\sfile\sdescriptor|stale\s(?:nfs\s)?file\shandle|text\sfile\sbusy|device\sor\sresource\sbusy|file\sname\stoo"
    r"|disk\squota\sexceeded|(?:unexpected\s)?(?:EOF|end\sof\s(?:file|input))(?![\w-])"
    r"|(?:invalid|illegal)\s(?:argument|option|byte|character)\b"
)
_OF_SHELL = (
    r"command\snot\sfound|unbound\svariable|readonly\svariable|bad\s(?:variable|substitution)|ambiguous\sredirect"
    r"|parameter\s(?:null|not\sset)|unset(?=[\"']?\s?(?:$|[\n,;.)\]]))|(?:variable|environment\svariable)\s(?:is\s)?(?:not\sset|unset|missing)"
)
_FIELD = r"(?:value|field|input|string|text|entry|parameter|property|variable|length)"
_CREDENTIAL = r"(?:api[ _-]?key|password|passphrase|token|secret|credentials?|signature|user(?:name)?|login)"
_OF_VALIDATION = (
    rf"(?:this|the|your)\s(?:[a-z]{{2,12}}\s)?{_FIELD}\s(?:is|must|should|may|cannot|can(?:'|\u2019)?t|can|has|was|does|do)\b"
    rf"|{_FIELD}\s(?:is\s(?:not|too|required|missing|invalid|empty|blank)|must\s|should\s|may\snot\s|cannot\s"
    r"|has\s(?:wrong|at)\s|error,\s)|ensure\s(?:this|that|the)\s"
    rf"|(?:(?:a|this)\s)?(?:required\s{_FIELD}|{_FIELD}\s(?:required|missing))|missing\s(?:a\s)?(?:required\s|environment\s){{0,2}}{_FIELD}"
    r"|(?:must|should)\s(?:not\s)?(?:be|have|contain|match|include|start|end|differ|consist)\b"
    r"|(?:is\s)?too\s(?:short|long|common|weak|simple|similar)\b|not\sa\svalid\s|may\snot\sbe\s|can(?:not|'t)\sbe\s"
    # zod and joi
    r"|expected\s(?:an?\s)?(?:string|number|object|array|boolean|date)\b|(?:minimum|maximum)\slength\s"
    r"|required(?=[\"']?\s?(?:$|[\n,;.)\]]))"
    rf"|(?:incorrect|invalid|wrong|unknown|expired|malformed|unrecogni[sz]ed|unexpected|bad)\s(?:{_FIELD}|{_CREDENTIAL}"
    r"|type|format|header)\b"
)
_MESSAGE = lazy(rf"(?i)[\"']?(?:{_OF_SYSTEM}|{_OF_SHELL}|{_OF_VALIDATION})")
# What is quoted of the value itself: pydantic's input_value='x', got "x".
_QUOTES_IT = lazy(
    r"(?i)[^\n]{0,300}?(?:\binput(?:_value)?\s?[=:]|\b(?:got|given|received|found|was|not|value|provided):?\s[\"'`]|:\s{1,2}[\"'`])"
)


def is_message(text: str, start: int = 0) -> bool:
    """Whether a message begins at ``start``, also behind a quote, and does not quote what it speaks of.

    >>> is_message("Permission denied"), is_message("This value is too short"), is_message("correct horse battery")
    (True, True, False)
    >>> is_message("value is not valid, got 'swordfish'")
    False
    """
    return bool(_MESSAGE.match(text, start)) and not _QUOTES_IT.match(text, start)
