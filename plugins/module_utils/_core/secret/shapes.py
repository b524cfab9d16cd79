# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are known by their shape: prefixes, web tokens, hashes of passwords, addresses of webhooks. Pure.

Prefixes as the providers document them for scanners; each is long enough not to be a word.
"""

from __future__ import annotations

from ..lazy import lazy
from .secret_names import HIDDEN

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SHAPES = lazy(
    # A word begins here, and with a letter that one of them begins with: most places of a text are passed over at once.
    r"(?<![A-Za-z0-9_])(?=[\dACEFGHILNPSabdefghklmnoprstvwxy])(?:"
    r"(?:sk|rk|pk)_(?:live|test)_\w+|whsec_[\w+/=-]+|(?:pi|seti|cs)_\w{6,80}_secret_\w+"  # Stripe
    r"|xox[abcdeoprs](?:\.xox[abeoprs])?-[\w-]+|xapp-[\w-]{8,}"  # Slack
    r"|gh[opsur]_\w{16,}|github_pat_\w{16,}"
    r"|gl(?:pat|dt|rt|ptt|ft|imt|agent|oas|cbt|soat|ffct)-[\w.-]{16,}"  # GitLab
    r"|npm_[A-Za-z0-9]{20,}|pypi-[\w-]{16,}|rubygems_[0-9a-f]{20,}|dckr_(?:pat|oat)_[\w-]{16,}|oy2[a-z0-9]{43}\b"
    r"|(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{12,}|(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w/+=%-]{20,}"  # Amazon
    r"|amzn\.mws\.[0-9a-f-]{30,}"
    r"|AIza[\w-]{30,}|GOCSPX-[\w-]{16,}|ya29\.[\w-]{16,}|1//0[\w-]{20,}|AAAA[\w-]{7}:[\w-]{100,}"  # Google
    r"|sk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,}|hf_[A-Za-z0-9]{20,}|r8_\w{20,}|gsk_\w{20,}"
    r"|nvapi-[\w-]{20,}|pplx-\w{20,}|xai-\w{20,}|lsv2_(?:pt|sk)_\w{20,}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,}|key-[0-9a-f]{32}\b|x(?:key|smtp)sib-[0-9a-f]{32,}-\w{8,}|SK[0-9a-f]{32}\b"
    r"|shp(?:at|ss|ca|pa)_[0-9A-Fa-f]{16,}|sq0(?:atp|csp)-[\w-]{16,}|EAA[A-Za-z0-9_-]{40,}|EZ[AT]K\w{40,}"
    r"|access_token\$(?:production|sandbox)\$\S+"
    r"|do[por]_v1_[0-9a-f]{32,}|ATATT3[\w=-]{20,}|ATCTT3[\w=-]{20,}|ATTA[0-9a-f]{64}|HRKU-[\w-]{20,}"
    r"|hv[sbr]\.[\w-]{20,}|glsa_\w{20,}|glc_[\w=+/]{20,}|eyJrIjoi[\w=+/]{20,}|tskey-[\w-]{12,}|PMAK-[\w-]{20,}"
    r"|NR(?:AK|II|JS|AA)-[\w-]{20,}|ph[cxr]_[A-Za-z0-9]{32,}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,}"
    r"|lin_api_\w{20,}|ntn_\w{20,}|secret_[A-Za-z0-9]{30,}|figd_[\w-]{20,}|pscale_(?:tkn|oauth|pw)_[\w-]{16,}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{20,}|sbp_[0-9a-f]{30,}|dapi[0-9a-f]{32}\b|sntry[su]_[\w=+/-]{20,}|AKCp\w{40,}"
    r"|fm[12][ar]?_[\w+/=]{20,}|pul-[0-9a-f]{40}|rnd_[A-Za-z0-9]{28,}|CFPAT-[\w-]{40,}|LTAI\w{12,}|bkua_\w{20,}"
    r"|dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{40,}|sgp_\w{20,}|ops_eyJ[\w=+/-]{20,}|pat-[a-z]{2}\d-[0-9a-f-]{30,}"
    r"|v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}|v[1-4]\.(?:local|public)\.[\w-]{20,}(?:\.[\w-]+)?"  # Cloudflare, PASETO
    r"|eyJhdXRocyI6[\w+/=]{8,}|ewoJImF1dGhzI[\w+/=]{8,}"  # Docker's auths
    r"|secret-token:[^\s\"'<>]{4,}"  # RFC 8959
    r"|PRIVATE-TOKEN:\s?\S+"
    r"|md5[0-9a-f]{32}\b"  # PostgreSQL's hash of a password
    r"|\d{8,10}:AA[\w-]{30,}"  # Telegram bots
    r")"
)
# Those that are not known by their beginning; each with a text that is in all of them.
_INSIDE = (
    ("atlasv1", lazy(r"(?<![\w.])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}")),  # Terraform
    ("Q~", lazy(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}")),  # Entra ID
    ("-us", lazy(r"(?<![\w-])[0-9a-f]{32}-us\d{1,2}\b")),  # Mailchimp
    (".", lazy(r"(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w.-])")),  # Discord's bots
    # A private key in base 64: Kubernetes' client-key-data and tls.key. A certificate begins in another way.
    ("LS0tLS1CRUdJTiB", lazy(r"LS0tLS1CRUdJTiB(?:SU0Eg|QUklW|FQyB|PUEVOU1|FTkNS|EU0Eg|QR1AgUFJJ)[\w+/=-]*")),
)
_WEB_TOKEN = lazy(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*(?:\.[\w-]*\.[\w-]*)?")  # RFC 7519
# crypt(3), PostgreSQL's, Django's
_HASHES = lazy(
    r"\$(?:1|2[abxy]|5|6|7|y|gy|apr1|sha1|md5|argon2(?:id|i|d)?|scrypt|pbkdf2[\w-]{0,12})\$[\w./$,=+-]{16,}"
    r"|\$[PHS]\$[\w./]{24,}"  # phpass, Drupal
    r"|\b(?:scrypt|pbkdf2):[\w:-]{1,40}\$[\w./+=-]{1,80}\$[0-9a-f]{32,}"  # Werkzeug
    r"|\bSCRAM-SHA-256\$\d{1,8}:[\w+/=]{8,}\$[\w+/=:]{16,}|\bpbkdf2_sha\d{1,3}\$\d{1,9}\$\S{16,}"
)
_LDAP_HASH = lazy(r"(\{S?(?:SHA|MD5|CRYPT|PBKDF2|ARGON2)[\w-]{0,8}\})[\w./+$=,-]{16,}")
_KEY_PAIR = lazy(r"(\b(?:AKIA|ASIA)[0-9A-Z]{12,20}[\s:,;\"']{1,4})[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])")
# Who has the address may post to it.
_HOOKS = lazy(
    r"(?i)(\bhooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
    r"|\bdiscord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{1,24}/"
    r"|\bapi\.telegram\.org/(?:file/)?bot|\b[\w-]{1,60}\.webhook\.office\.com/webhookb2/"
    r"|\boutlook\.office(?:365)?\.com/webhook/|\bhooks\.zapier\.com/hooks/(?:catch|standard)/\d{1,12}/"
    r"|\bevents\.(?:eu\.)?pagerduty\.com/(?:integration|x-ere)/|\bmaker\.ifttt\.com/trigger/[^\s/]{1,80}/(?:json/)?with/(?:json/)?key/"
    rf"|\bhc-ping\.com/|\bhealthchecks\.io/(?:ping/)?(?={_UUID})|\bhook\.(?:\w{{2,4}}\.)?(?:make|integromat)\.com/"
    r"|\bnosnch\.in/|\b(?:uptime\.betterstack|betteruptime)\.com/api/v1/heartbeat/|\bcronitor\.link/p/"
    r"|\bopen\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/|\balert\.victorops\.com/integrations/)"
    r"[^\s\"'<>]{4,}"
)


def without_shapes(text: str) -> str:
    """The text without what is a secret wherever it stands.

    >>> without_shapes("key sk_live_abc123 of $1$saltsalt$0123456789abcdef")
    'key (hidden) of (hidden)'
    """
    text = _HOOKS.sub(rf"\1{HIDDEN}", text) if "/" in text else text
    text = _KEY_PAIR.sub(rf"\1{HIDDEN}", text) if "IA" in text else text
    text = _SHAPES.sub(HIDDEN, text)
    for words, rule in _INSIDE:
        text = rule.sub(HIDDEN, text) if words in text else text
    text = _WEB_TOKEN.sub(HIDDEN, text) if "eyJ" in text else text
    text = _HASHES.sub(HIDDEN, text) if "$" in text else text
    return _LDAP_HASH.sub(rf"\1{HIDDEN}", text) if "{" in text else text
