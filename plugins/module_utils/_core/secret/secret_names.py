# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which names hold a secret: judged by the words that a name is made of, not by a part of one. Pure.

``db_password``, ``userPassword``, ``PGPASSWORD``, ``csrftoken`` do; ``passengers``, ``passport``, ``passed`` and
``compass`` do not, nor do names of a property of one (``password_length``, ``token_type``, ``cookie_domain``).
"""

from __future__ import annotations

from functools import lru_cache

from ..lazy import lazy

HIDDEN = "(hidden)"
_WORDS = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET = frozenset(
    [
        "pass", "passwd", "password", "passwort", "passphrase", "passcode", "pwd", "pw", "secret", "token",
        "cookie", "credential", "apikey", "accesskey", "privatekey", "secretkey", "accountkey", "cvc", "cvv",
        "csc", "otp", "totp", "phpsessid", "jsessionid", "sessionid", "sessid", "authtoken", "jwt", "kennwort",
        "senha", "wachtwoord", "contrasena", "requirepass", "masterauth", "psk", "authtok"
    ]
)  # fmt: skip
_NUMBER = lazy(r"-?\d{1,15}(?:\.\d{1,6})?(?:\s?(?:ms|s|m|h|d|%|bytes|B|kB|MB)|/\d{1,15})?$")
_OF_POSTGRES = lazy(r"[0-9a-f]{7,9}\.[0-9a-f]{1,8}$")  # of a server's session: when it began, and its process
_PLURAL = frozenset(["passwords", "secrets", "tokens", "cookies", "credentials", "creds", "apikeys", "passphrases"])
# A name written as one word: its ending decides.
_ENDINGS = lazy(
    r"(?:password|passwort|passwd|passphrase|secret|token|apikey|privatekey|accesskey|secretkey|sessionid|sessid)\d{0,3}$"
    r"|(?:db|pg|my|sql|mysql|redis|user|admin|root|ssh|smtp|mail|ldap|http|proxy|login|account|rabbit|rabbitmq|mongo|ftp"
    r"|store|key|trust|cert|pfx|jks|bind|repl|master|service|vpn|wifi|sudo|become|imap|database|basic|web|client)"
    r"(?:pass|pwd|pw)\d{0,3}$"
)
_PAIRS = frozenset(
    (first, second)
    for second, firsts in {
        "key": "api access private secret account shared encryption signing master session license storage"
        " auth host subscription tls hmac unseal fernet preshared decryption",
        "auth": "rediscli",
        "data": "key",
        "keys": "api access private secret session signing encryption",
        "base": "key",
        "id": "session sess",
        "sid": "connect",
        "codes": "recovery backup scratch",
        "code": "security verification pin recovery backup login mfa otp totp factor sms",
        "number": "card",
        "hash": "password passwd",
        "salt": "auth nonce",
        "value": "verification",
        "verifier": "code pkce",
    }.items()
    for first in firsts.split()
)
# Words that make a name speak about a secret, when they stand behind it.
_ABOUT = frozenset(
    [
        "length", "len", "check", "checks", "result", "passed", "size", "count", "type", "kind", "expires",
        "expire", "expiry", "expiration", "expired", "ttl", "age", "at", "in", "on", "url", "uri", "endpoint",
        "path", "file", "name", "names", "ref", "reset", "changed", "change", "changes", "required", "require",
        "min", "max", "minimum", "maximum", "policy", "strength", "domain", "secure", "samesite", "httponly",
        "enabled", "disabled", "used", "usage", "limit", "limits", "budget", "valid", "validity", "version",
        "algorithm", "alg", "rotation", "provider", "issuer", "audience", "scope", "scopes", "field", "label",
        "hint", "prompt", "attempts", "failures", "errors", "mismatch", "manager", "store", "backend", "page",
        "form", "view", "consent", "banner", "rate", "bucket", "per", "remaining", "total", "input", "output",
        "status", "encryption", "method", "validators", "validator", "updated", "created", "date", "time",
        "days", "hours", "minutes", "seconds", "last", "first", "lifetime", "duration", "interval", "timeout",
        "period", "window", "helper", "class", "format", "rules", "rule", "regex", "pattern", "vol", "volume",
        "volumes", "mount", "mounts", "header", "headers", "requirements", "score", "complexity", "generator",
        "dir", "dirs", "directory", "folder", "algorithms", "ciphers", "ms", "us", "ns",
        "hasher", "hashers", "present", "sent", "exists", "stdin", "mode", "error", "exception", "warning", "uid",
        "gid", "through", "thru", "cert", "certificate", "source", "sources", "rounds", "iterations", "cost",
        "left"
    ]
)  # fmt: skip
# What handles secrets and is called by them: the last word of a class's name, as loggers write it (JwtTokenFilter).
_HANDLES = frozenset(
    [
        "filter", "service", "services", "controller", "repository", "handler", "interceptor", "middleware", "encoder",
        "decoder", "parser", "factory", "builder", "resolver", "converter", "listener", "mapper", "adapter",
        "serializer", "processor", "servlet", "impl", "util", "utils", "authentication", "reader", "writer"
    ]
)  # fmt: skip
# Words before "pass" of what is done several times, or passed by several: test_pass=12, innodb_buffer_pool_pass=1.
_PASSES = frozenset(
    [
        "test", "tests", "unit", "unittest", "smoke", "lint", "check", "checks", "health", "spec", "specs", "num",
        "number", "count", "total", "first", "second", "third", "last", "one", "two", "single", "multi", "pool", "heap",
        "vacuum", "index", "gc", "mark", "sweep", "scan", "render", "compile", "compiler", "optimizer", "build", "link",
        "sort", "merge", "n"
    ]
)  # fmt: skip
# Words before a secret's that ask whether there is one, or should be: 0 and 1 answer.
_ASKS = frozenset(
    [
        "use", "uses", "has", "have", "is", "need", "needs", "ask", "allow", "require", "requires", "enable", "disable",
        "show", "hide", "send", "validate", "verify", "save", "store", "remember", "force", "random", "set", "change"
    ]
)  # fmt: skip
# Kubernetes and its charts: the name of an object that holds secrets.
_OBJECTS = frozenset([("pull", "secrets"), ("pull", "secret"), ("existing", "secret")])
# Words before "token" of what marks a place in a list, an order or a text, where the value is a number.
_PLACES = frozenset(
    [
        "page", "next", "prev", "previous", "continuation", "continue", "cursor", "sync", "delta", "resume", "skip",
        "offset", "fencing", "fence", "lock", "start", "end", "stop", "first", "last", "pad", "eos", "bos",
        "unk", "mask"
    ]
)  # fmt: skip
# Words before it of what a language model reads where a text begins, ends or is filled, and how those are written.
_OF_MODELS = frozenset(["eos", "bos", "pad", "unk", "mask", "sep", "cls", "eot", "image", "audio", "sot"])
_MARKER = lazy(
    r"\[[A-Za-z]{2,12}\d{0,3}\]$|</?[A-Za-z_]{1,20}\d{0,3}>$|<\W\w{1,40}\W>$"
    r"|(?:PAD|[EBS]O[SRTN]|UNK|MASK|SEP|CLS|IMG|IMAGE|AUDIO)$|[^\w\s]{1,3}$"
)
_ALL_OF_MODELS = frozenset([("special", "tokens"), ("added", "tokens")])
# Words before it that deny it: --no-password.
_DENIED = frozenset(["no", "without", "skip"])
_NOT = frozenset(
    [
        "compass", "bypass", "encompass", "trespass", "surpass", "overpass", "underpass", "tokenizer",
        "secretary", "passwordless"
    ]
)  # fmt: skip


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether the value of a field called ``name`` is a secret.

    >>> [is_secret(name) for name in ("DB_PASS", "userPassword", "user[password]", "x-api-key", "passengers", "pwned")]
    [True, True, True, True, False, False]
    """
    words = _words_of(name)
    for place in range(len(words) - 1, -1, -1):  # of two the last decides: password_reset_token
        word = words[place]
        if _names_secret(words, place, word):
            behind = words[place + 1 :]
            about = any(word in _ABOUT for word in behind) or (word.endswith("key") and behind[:1] == ["id"])
            about = about or (bool(behind) and behind[-1] in _HANDLES)
            about = about or any(pair in _OBJECTS for pair in zip(words, words[1:]))
            return not about and words[0] not in _DENIED
    return False


def counts(name: str, value: str) -> bool:
    """Whether ``value`` under ``name`` is a number that is no secret: how many, a share, or that of a row.

    A language model's marks of places are none either: ``pad_token=[PAD]``, nor is the answer of ``use_password=1``.

    >>> counts("tokens", "512"), counts("session_id", "4711"), counts("page_token", "2"), counts("password", "512")
    (True, True, True, False)
    >>> counts("test_pass", "12"), counts("db_pass", "12"), counts("use_token", "0"), counts("use_token", "7")
    (True, False, True, False)
    """
    words = _words_of(name)
    if value in ("0", "1") and any(word in _ASKS for word in words[:-1]):
        return True
    if words[-1:] == ["pass"] and words[-2:-1] and words[-2] in _PASSES:
        return bool(_NUMBER.match(value)) and len(value.partition("/")[0].partition(".")[0]) < 4
    if words[-2:] == ["token", "ids"]:
        return all(part.strip().isdigit() for part in value.split(","))
    if words[-1:] == ["token"] and words[-2:-1] and words[-2] in _OF_MODELS and _MARKER.match(value):
        return True
    if words[-1:] == ["token"] and words[-2:-1] and words[-2] in _PLACES:
        return bool(_NUMBER.match(value)) and len(value) < 10
    numbered = bool(words) and (
        words[-1] in ("id", "ids", "sessionid") or (words in (["pass"], ["cookie"]) and len(value) < 4)
    )
    if words[-2:] == ["session", "id"] and _OF_POSTGRES.match(value):
        return True
    return (numbered or about_secret(name)) and bool(_NUMBER.match(value))


@lru_cache(maxsize=4096)
def about_secret(name: str) -> bool:
    """Whether ``name`` is a plural, under which a number is a count."""
    words = _words_of(name)
    return any(word in _PLURAL for word in words) or (words[-1:] == ["keys"] and len(words) > 1)


@lru_cache(maxsize=4096)
def _words_of(name: str) -> list[str]:
    # Of a path of names the last decides: user[password], spring.datasource.password; %5B is a bracket.
    return [word.lower() for word in _WORDS.findall(name.replace("%5B", "[").replace("%5D", "]").replace("%5b", "["))]


def _names_secret(words: list[str], place: int, word: str) -> bool:
    before = words[place - 1] if place else ""
    if word in _NOT or (before, word) in _ALL_OF_MODELS:
        return False
    if word in _SECRET or word in _PLURAL or _ENDINGS.search(word):
        return True
    return (before, word) in _PAIRS
