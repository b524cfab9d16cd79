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
# In the value of a query, where signs are written out, also twice: ?next=https%3A%2F%2Fu%3Ax%40h%2F
_WRITTEN_OUT = lazy(
    r"(?i)(%(?:25)?3A%(?:25)?2F%(?:25)?2F(?:(?!%(?:25)?(?:2F|3A|40|3F))[^\s&\"'<>@]){0,256}(?:%(?:25)?3A|:))"
    r"(?:(?!%(?:25)?(?:2F|3F|40))[^\s&\"'<>@]){1,512}(?=%(?:25)?40)"
)
# A scheme whose colon or slashes are missing: postgresql//shop:x@db, which is why it could not be read.
_MISTYPED = lazy(
    r"(?i)((?<![\w.-])(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|valkey|amqps?|mssql|clickhouse|nats|kafka|https?|ftps?)"
    r"(?:\+\w{1,20})?(?:[:;]?/{1,3}|:\\{1,2}|:)[\w.%+-]{0,80}:)(?!/)([^\s/@\"'<>]{1,256})(?=@(?!sha\d{3}:)[\w\[][\w.-]{0,255})"
)
# Without a scheme, before a host and a port. What may stand before a user's name instead: user:bob@db:5432
_BEFORE_USER = (
    r"(?:user(?:name)?|login|role|account|owner|node|host|server|db|database|conn(?:ection)?|client|peer|from|to|mailto|rcpt|e?mail"
    r"|sips?|ssh|sftp|scp|git|rsync|by|as|at|for)"
)
_HOST_PORT = (
    r"@(?!sha\d{3}:)(?:[A-Za-z\d](?:[\w-]{0,62}\.){0,8}[\w-]{0,62}|\[[\da-fA-F:]{2,45}\]):\d{2,5}(?!\w|[.:-]\w)"
)
_BARE = lazy(
    rf"((?<![\w/:@.%+=-])(?:(?!{_BEFORE_USER}:)[A-Za-z_][\w.+-]{{0,63}}:|(?i:{_BEFORE_USER}):(?=[^\s@]{{0,255}}[\d!#$%^&*])))"
    rf"(?!\(hidden)([^\s:/@\"'<>,;()\[\]{{}}]{{2,256}})(?={_HOST_PORT})"
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
    if "40" in text and "%" in text:
        text = _WRITTEN_OUT.sub(rf"\1{HIDDEN}", text)
    if "@" in text:
        text = _BARE.sub(rf"\1{HIDDEN}", _MISTYPED.sub(rf"\1{HIDDEN}", text))
        text = _AS_HOST.sub(rf"\1{HIDDEN}@", text)
        text = _GO_DSN.sub(rf"\1{HIDDEN}", _ORACLE.sub(rf"\1{HIDDEN}", text))
    return text
