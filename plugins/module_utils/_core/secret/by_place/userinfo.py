# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in addresses: userinfo of URLs (RFC 3986), signed links, session ids, names of data sources. Pure."""

from __future__ import annotations

from ...lazy import lazy
from ..secret_names import HIDDEN

# A number and then the end of the authority is a port; anything else behind the colon is a password.
_USERINFO = lazy(
    r"(://[^\s:/@?#\"'<>]{0,256}:)(?!\d{1,5}(?:[/?#,\s\"'<>)\]]|$))([^\s@\"'<>]{1,1024}@)(?:[^\s/?#@\"'<>]{0,256}@)*"
)
# A user that is an address itself, as mail and Azure have them: smtp://bob@example.com:x@smtp.example.com
_USER_AT_HOST = lazy(
    r"(://[^\s:/@?#\"'<>]{1,256}@[^\s:/@?#\"'<>]{1,256}:)(?!\d{1,5}(?:[/?#,\s\"'<>)\]]|$))[^\s/@\"'<>]{1,1024}(?=@)"
)
_URL_TOKEN = lazy(r"(://)(?=[^\s:/@?#]{0,100}\d)[\w.~%+=-]{12,512}(?=@[\w.\[-]|:\(hidden\)@)")
_QUERY_KEY = lazy(
    r"(?i)([?&](?:key|sig|signature|x-amz-signature|x-goog-signature|sid|sessid|jsessionid|phpsessid)=)[^\s&\"'<>]+"
)
_ORACLE = lazy(r"(jdbc:oracle:\w{1,10}:[^/\s@]{1,80}/)[^@\s]{1,200}(?=@)")
# Of a password with a sign that ends it, a part stands where a host or a port should: invalid port ":x" after host,
# could not translate host name "x@db", lookup app:x@db.
_AS_HOST = lazy(
    r"((?:\b(?i:host ?name|dial \w{3,4}: lookup|lookup(?=\s[^\s@:]{1,80}:\S)|resolve host:?|resolving host)"
    r"|ENOTFOUND|EAI_AGAIN)\s[\"'`]?)(?!\(hidden)[^\s\"'`@]{1,256}@(?=[\w.-]{1,255}(?:[\s\"'`:,]|$))"
)
_AS_PORT = lazy(
    r"(\b(?:invalid port (?:number: )?\\?\":?|to integer value as [\"']|invalid integer value \\?\"))"
    r"(?!\d{1,6}\\?[\"']|[$%])([^\"'\\\s]{1,256})"
    r"(?=\\?[\"'](?:\sfor connection option \\?\"port|\safter host|\s*(?:$|\n)|[\\;,:]))"
)
_GO_DSN = lazy(r"(?<![\w/])([\w.-]{1,80}:)([^\s@/\"']{1,256})(?=@(?:tcp6?|unix)\()")


def without_userinfo(text: str) -> str:
    """The text without what lets somebody in by an address.

    >>> without_userinfo("smtp://bob@example.com:x1@smtp.example.com and redis://:x2@cache:6379/0")
    'smtp://bob@example.com:(hidden)@smtp.example.com and redis://:(hidden)@cache:6379/0'
    """
    if "://" in text:
        text = _USERINFO.sub(rf"\1{HIDDEN}@", _USER_AT_HOST.sub(rf"\1{HIDDEN}", text))
        text = _URL_TOKEN.sub(rf"\1{HIDDEN}", text)
    if "=" in text:
        text = _QUERY_KEY.sub(rf"\1{HIDDEN}", text)
    if "port" in text or "Port" in text:
        text = _AS_PORT.sub(rf"\1{HIDDEN}", text)
    if "@" in text:
        text = _AS_HOST.sub(rf"\1{HIDDEN}@", text)
        text = _GO_DSN.sub(rf"\1{HIDDEN}", _ORACLE.sub(rf"\1{HIDDEN}", text))
    return text
