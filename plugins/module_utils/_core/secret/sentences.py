# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in sentences, tables and paths, and behind names that hold one only where the value looks like it. Pure.

In a sentence anything may follow the word: only what looks like a password, with letters and digits, is hidden.
"""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN

_ANY = r"[^\s,;\"'<>)\]|]"
# Letters and digits, and neither a method of hashing nor a date nor a type of a column.
_LIKE = (
    rf"(?!(?i:http/|scram|md5|sha-?\d|bcrypt|argon2|pbkdf2|v\d|\d{{4}}-|n?(?:var)?(?:char|binary)\d?\())(?={_ANY}{{0,200}}\d)(?={_ANY}{{0,200}}[A-Za-z])"
    rf"{_ANY}{{6,512}}"
)
# Small and large letters and digits, as names seldom have.
_MIXED = rf"(?={_ANY}{{0,200}}[a-z])(?={_ANY}{{0,200}}[A-Z]){_LIKE}"
# A random text: small and large letters and digits, or many digits of base 16.
_SIGN = r"[\w.~+/=%-]"
_RANDOM = (
    rf"(?:(?={_SIGN}{{0,128}}\d)(?={_SIGN}{{0,128}}[a-z])(?={_SIGN}{{0,128}}[A-Z])(?!\d{{4}}-\d\d-){_SIGN}{{16,512}}"
    r"|[0-9a-f]{32,128}(?![\w-]))"
)
_PASSWORD = r"(?:password|passwort|passphrase|passcode|kennwort)"
_OF = r"(?:\s{1,4}(?i:for|of|f\u00fcr)\s{1,4}(?:(?i:user|role|account|key)\s{1,4})?\S{1,80}?)?"
_IS = (
    r"(?:\s{0,40}\|\s{0,4}|\s{0,4}[\t:]\s{0,4}|\s{1,4}(?i:(?:is|was|ist|lautet|to|has been)\s{1,4})?"
    r"(?i:(?:(?:re)?set|changed) to|now|is|was|ist|lautet|to)\s{0,4}:?\s{1,4}|\s{1,30})[\"']?"
)
# smtp_password
_OF_WHAT = r"(?!(?:change|update|forgot|set|get|check|verify|validate|test)[_-])(?:(?<![/.])[A-Za-z][\w-]{0,40}[_-])?"
_SAID = lazy(rf"((?<![\w-])(?i:{_OF_WHAT}{_PASSWORD}){_OF}{_IS}){_LIKE}")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])"
_OF_KUBEADM = r"(?=[a-z\d.]{0,22}\d)[a-z\d]{6}\.[a-z\d]{16}(?![\w.-])"
_TOKEN = lazy(
    r"((?<![\w-])(?i:token|secret|session[ _-]?id|(?:x-)?api[ _-]?key"
    r"|(?:account|access|secret|private|signing|encryption|master|license|(?:pre-?)?shared|unseal|recovery|deploy|root)"
    r"[ _-]?key)"
    r"(?:\s\d{1,2}(?=:))?(?:\s(?i:provided|given|supplied|received|used)(?=:))?(?:\s{1,4}(?i:is|was|ist)\s{1,4}|\s{0,4}:\s{0,4}|\s{1,4})[\"']?)"
    rf"(?:{_RANDOM}|{_UUID}|{_OF_KUBEADM}|[A-Za-z0-9+/]{{20,200}}==|(?<=[kK][eE][yY] )(?![a-z_]{{1,30}}=){_LIKE}"
    rf"|(?<=[kK][eE][yY]: ){_LIKE}|(?<=d: ){_LIKE}|(?<=[kK][eE][yY] [\"']){_LIKE}|(?<=[ty] is ){_MIXED}"
    rf"|(?<=[tT] [\"']){_MIXED})"
)
# Token x has expired, api token x was rejected
_REFUSED = lazy(
    r"((?<![\w-])(?i:(?:(?:api|access|refresh|auth|bearer|id|reset|login)[ _-]?)?token|session|api[ _-]?key)"
    r"\s{1,4}[\"']?)"
    rf"(?=[\w.~+/=-]{{12}}){_LIKE}(?=[\"']?\s(?i:(?:(?:has|have|is|was|not|been)\s){{0,3}}"
    r"(?:expired|invalid|revoked|rejected|unknown|accepted|denied|valid|refused|used)\b))"
)
_UNKNOWN = lazy(
    r"(\b(?i:(?:unknown|invalid|expired|no such)\s(?:(?:api|access|refresh|auth|bearer)[ _-]?)?(?:token|session)\s)"
    rf"[\"']?)(?=[\w.~+/=-]{{12}}){_LIKE}"
)
_CHANGED = lazy(
    r"(\b(?i:password|passphrase|secret|token)\s(?i:(?:was|has been)\s)?(?i:changed from)\s)\S{1,200}(?i:\sto\s)"
    r"\S{1,200}"
)
_HASHED = lazy(r"(\b(?i:password|passwd) (?i:hash|digest)(?:es)?(?: is|:)? [\"']?)[0-9a-fA-F]{16,128}\b")
_CODE_FOR = lazy(
    r"((?<![\w-])(?i:t?otp|pass ?code|code)\s(?i:for)\s(?:\+?\d[\d ]{5,20}|\S{1,80}@\S{1,80}?)"
    r"(?:\s(?i:is|was)|:)\s{1,2})"
    r"(?:\d{3}[ -]?\d{3,5}|\d{4})(?![\w-]|\.\d)"
)
# A variable and its value apart by a blank, as `env` of some shells and tables write it.
_APART = lazy(rf"((?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{{2,60}}_(?:KEY|SECRET|TOKEN|PASSWORD)\s{{1,4}}){_RANDOM}")
_LITERAL = lazy(
    r"(--from-literal[= ](?![\"']?(?:user(?:name)?|host|port|name|database|db)=)[\"']?[\w.-]{1,80}=)[^\s\"']{1,1024}"
)  # of a secret of Kubernetes
_SMTP_LOGIN = lazy(
    r"(\bAUTH LOGIN )(?=[a-z]{0,511}[A-Z0-9+/])(?:[A-Za-z0-9+/]{4}){1,128}(?:[A-Za-z0-9+/]{2,3}={1,2})?(?![\w+/-])"
)
_BASIC = lazy(
    r"(\bBasic\s)(?=[\w+/]{0,200}\d)(?=[\w+/]{0,200}[a-z])(?=[\w+/]{0,200}[A-Z])[A-Za-z0-9+/]{16,512}={0,2}(?![\w.-])"
)
_SESSION = lazy(
    r"((?<![\w-])(?i:session)\s{1,4}[\"']?)(?=[A-Za-z0-9]{16})(?![0-9a-f]{16})(?![0-9A-F]{16})"
    rf"{_RANDOM}"
)
# MySQL's first start, Elasticsearch's setup
_GENERATED = lazy(r"(\b(?i:password is generated for)\s\S{1,200}:\s|\bPASSWORD\s\w{1,40}\s=\s)[^\n]{1,400}")
# Jenkins, Nexus, Argo CD: one word to the end of the line
_MADE = lazy(
    r"(\b(?i:password|passphrase)\s(?i:has been|have been|was|is|got)\s(?i:(?:auto-?|automatically |randomly )?"
    r"(?:generated|created|set))(?:\s(?i:for)\s\S{1,80}?)?(?:\s(?i:as|to))?:\s{1,2}[\"']?)"
    rf"(?:{_LIKE}|{_ANY}{{4,512}}(?=[\"']?\s{{0,4}}(?:\n|$)))"
)
# Authorize.net's name of the code on a card
_CARD_CODE = lazy(r"((?<![A-Za-z])(?i:card[_-]?code)\\?[\"']?\s{0,4}[:=>]\s{0,4}\\?[\"']?)\d{3,4}(?![\w.-])")
_CODE = lazy(r"((?<![\w-])(?i:cvc|cvv2?|csc)(?:\s(?i:is|was|code))?\s{1,4})\d{3,4}(?!\d)")
_ONCE = r"(?:\d{3}[ -]?\d{3,5}|\d{4})(?![\w-]|\.\d)"
_ONE_TIME = lazy(
    r"((?<![\w-])(?i:(?:one[- ]time|verification|login|log-in|security|2fa|mfa|t?otp|sign-?[- ]?in|authentication|sms)"
    r"[ _-](?:code|pin|password|passcode)|otp|passcode)(?:\s(?i:is|was))?\s{0,2}[:=]?\s{1,2}[\"']?)"
    rf"{_ONCE}"
)
_YOUR = lazy(
    r"((?<![\w-])(?:(?i:your (?:\w{1,20} ){0,2}code(?: is)?"
    r"|(?:ihr code|einmal(?:passwort|code|kennwort))(?: lautet| ist)?)|m?TAN)"
    r":?\s)"
    rf"{_ONCE}"
)
_USE = lazy(rf"(\b(?i:use|enter) ){_ONCE}(?= (?:to (?:log|sign|verify|confirm|reset)|as your)\b)")
_PIN = lazy(
    rf"((?<![\w-])(?i:pin(?:[ _-]?(?:code|number))?)[\"']?(?:\s(?i:is|was)\s|\s{{0,2}}[:=]\s{{0,2}})[\"']?){_ONCE}"
)
_IS_YOUR = lazy(rf"((?<![\w.-]))(?:G-)?{_ONCE}(?=\s(?i:is your)\s(?:\w{{1,20}}\s){{0,3}}(?i:code|pin|otp|passcode)\b)")
_RECOVERY = lazy(
    r"((?<![\w-])(?i:recovery|backup|scratch)[ _-](?i:codes?)(?:\s(?i:are|is))?\s{0,2}:\s{0,2})"
    r"(?=[\w-]{0,64}\d)[\w-]{6,64}(?:[,;]?\s{1,2}(?=[\w-]{0,64}\d)[\w-]{6,64}){0,30}"
)
# Other languages in which programs ask and report.
_FOREIGN = lazy(
    r"(?i)((?:contrase\u00f1a|mot de passe|has\u0142o|\u015fifre|\u043f\u0430\u0440\u043e\u043b\u044c"
    r"|heslo|l\u00f6senord|salasana|jelsz\u00f3|adgangskode|passord|lozinka|palavra-passe|contrasenya"
    r"|\u5bc6\u7801|\u5bc6\u78bc|\u30d1\u30b9\u30ef\u30fc\u30c9|\ube44\ubc00\ubc88\ud638)[\"']?\s{0,4}[:=\uff1a]\s{0,4}[\"']?)"
    rf"{_ANY}{{1,512}}"
)
_OF_FOREIGN = ("mot de passe", "heslo", "salasana", "adgangskode", "passord", "lozinka", "palavra-passe", "contrasenya")
# Links that a mail brings: who has one may act. /reset/MQ/c6a8o2-1f.../ and /hooks/...
_LINK = lazy(
    r"(?i)(/[\w-]{0,20}(?:reset|activat(?:e|ion)|confirm|verify|invit(?:e|ation)|magic|hooks|unlock|unsubscribe)[\w-]{0,20}"
    r"(?:/[a-z-]{1,30}){0,2}/(?:[A-Za-z0-9]{1,8}/|[\w-]{1,40}:[\w-]{4,8}:)?)(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[a-z])(?![0-9a-f]{8}-[0-9a-f]{4}-)[\w-]{16,512}"
    r"(?:/(?=[\w-]{0,200}\d)[\w-]{16,512})?"
)
# Names that are harmless with most values.
_PERHAPS = lazy(
    r"((?i:session|sess|sid|auth|sso|ticket|nonce|[cx]srf|verifier|assertion"
    r"|saml(?:request|response)|(?<![A-Za-z])(?:app(?:lication)?|server|service|client|deploy|integration|routing|stripe|jwt"
    r"|x-(?!cache|idempotency|surrogate)[\w-]{1,40})[_-]?key"
    r"|(?:auth(?:orization)?|device|access)[_-]?code|remember(?:[_-]?me)?|aspsessionid[a-z]{0,12}"
    r"|aspnetcore\.[\w.-]{1,40}|wordpress_(?:logged_in|sec)_[0-9a-f]{1,32}|(?<![\w-])(?:code|sig)|(?<=[?&])k)"
    rf"[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?(?:base64:)?)(?:{_RANDOM}|(?<=base64:)[\w+/=-]{{16,}})"
)
# HTTP_AUTH=user:password
_USER = lazy(
    r"((?<![A-Za-z0-9])(?i:\w{0,30}(?:basic_?auth|http_?auth|auth_?basic)[\"']?\s{0,4}[=:]\s{0,4}|auth=|(?<!\S)auth:\s)[\"']?[\w.@-]{1,64}:)"
    r"[^\s\"',;:]{3,512}(?=[\"',;)}\]]{0,3}(?:\s|$))"
)
# A variable of the environment; those whose keys are names of something are none.
_VARIABLE = lazy(
    r"((?<![A-Za-z0-9_])(?!\w{0,60}(?:CACHE|PRIMARY|FOREIGN|PUBLIC|PARTITION|SORT|IDEMPOTENCY|OBJECT|S3|HOST)_KEY)"
    rf"[A-Z][A-Z0-9_]{{1,60}}_KEY[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?)(?:{_RANDOM}|[A-Za-z0-9+/]{{20,200}}={{1,2}})"
)


def without_said(text: str) -> str:
    """The text without secrets that it speaks of.

    >>> without_said("the password is Hunter2Secret"), without_said("the password is wrong")
    ('the password is (hidden)', 'the password is wrong')
    """
    low = text.lower()
    for words, rule in _RULES:
        if any(word in low for word in words):
            text = rule.sub(rf"\g<1>{HIDDEN}", text)
    if not text.isascii() or any(word in low for word in _OF_FOREIGN):
        text = _FOREIGN.sub(rf"\g<1>{HIDDEN}", text)
    return text


# Each with words of which one is in all that it finds: to look for these costs a hundredth.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("password", "passwort", "passphrase", "passcode", "kennwort"), _SAID),
    (("token", "secret", "key", "session"), _TOKEN),
    (("token", "session", "api"), _REFUSED),
    (("token", "session"), _UNKNOWN),
    (("changed from",), _CHANGED),
    (("hash", "digest"), _HASHED),
    ((" for ",), _CODE_FOR),
    (("_key", "_secret", "_token", "_password"), _APART),
    (("basic ",), _BASIC),
    (("--from-literal",), _LITERAL),
    (("auth login ",), _SMTP_LOGIN),
    (("session",), _SESSION),
    (("cvc", "cvv", "csc"), _CODE),
    (("reset", "activat", "confirm", "verify", "invit", "magic", "hooks", "unlock", "unsubscribe"), _LINK),
    (
        (
            "sess",
            "sid",
            "auth",
            "sso",
            "ticket",
            "nonce",
            "srf",
            "verifier",
            "assertion",
            "saml",
            "key",
            "code",
            "remember",
            "aspnetcore",
            "wordpress_",
            "sig",
            "?k=",
            "&k=",
        ),
        _PERHAPS,
    ),
    (("_key",), _VARIABLE),
    (("auth",), _USER),
    (("code", "pin", "otp", "password"), _ONE_TIME),
    (("pin",), _PIN),
    (("is your",), _IS_YOUR),
    (("your ", "ihr ", "einmal", "tan"), _YOUR),
    (("use ", "enter "), _USE),
    (("generated for", "password "), _GENERATED),
    (("generated", "created", "set:", "set to:"), _MADE),
    (("cardcode", "card_code", "card-code"), _CARD_CODE),
    (("codes", "recovery", "backup", "scratch"), _RECOVERY),
)
