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
    r"(?:sk(?:_org)?|rk|pk|ek)_(?:live|test)_\w+|whsec_[\w+/=-]+|(?:pi|seti|cs)_\w{6,80}_secret_\w+"  # Stripe
    r"|xox[abcdeoprs](?:\.xox[abeoprs])?-[\w-]+|xapp-[\w-]{8,}|xwfp-[\w-]{20,}"  # Slack
    r"|gh[opsur]_\w{16,}|github_pat_\w{16,}"
    r"|gl(?:pat|dt|rtr?|ptt|ft|imt|agent|oas|cbt|soat|ffct|wt)-[\w.-]{16,}|GR1348941[\w-]{16,}"  # GitLab
    r"|npm_[A-Za-z0-9]{20,}|pypi-[\w-]{16,}|rubygems_[0-9a-f]{20,}|dckr_(?:pat|oat)_[\w-]{16,}|oy2[a-z0-9]{43}\b"
    r"|(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{12,}|(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w/+=%-]{20,}"  # Amazon
    r"|amzn\.mws\.[0-9a-f-]{30,}"
    r"|AIza[\w-]{30,}|GOCSPX-[\w-]{16,}|ya29\.[\w-]{16,}|1//0[\w-]{20,}|AAAA[\w-]{7}:[\w-]{100,}"  # Google
    r"|sk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,}|hf_[A-Za-z0-9]{20,}|r8_\w{20,}|gsk_\w{20,}"
    r"|nvapi-[\w-]{20,}|pplx-\w{20,}|xai-\w{20,}|lsv2_(?:pt|sk)_\w{20,}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,}|key-[0-9a-f]{32}\b|x(?:key|smtp)sib-[0-9a-f]{32,}-\w{8,}|SK[0-9a-f]{32}\b"
    r"|shp(?:at|ss|ca|pa|tk|ua)_[0-9A-Fa-f]{16,}|sq0(?:atp|csp)-[\w-]{16,}|EAA[A-Za-z0-9_-]{40,}|EZ[AT]K\w{40,}"
    r"|access_token\$(?:production|sandbox)\$\S+"
    rf"|access-(?:sandbox|development|production)-{_UUID}"  # Plaid
    r"|do[por]_v1_[0-9a-f]{32,}|ATATT3[\w=-]{20,}|ATCTT3[\w=-]{20,}|ATTA[0-9a-f]{64}|HRKU-[\w-]{20,}"
    r"|hv[sbr]\.(?=[\w-]{0,40}[\dA-Z])[\w-]{6,}|glsa_\w{20,}|glc_[\w=+/]{20,}|eyJrIjoi[\w=+/]{20,}|tskey-[\w-]{12,}|PMAK-[\w-]{20,}"
    r"|NR(?:AK|II|JS|AA)-[\w-]{20,}|ph[cxrs]_[A-Za-z0-9]{32,}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,}"
    r"|lin_api_\w{20,}|ntn_\w{20,}|secret_[A-Za-z0-9]{30,}|figd_[\w-]{20,}|pscale_(?:tkn|oauth|pw)_[\w-]{16,}"
    r"|AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{20,}|sbp_[0-9a-f]{30,}|dapi[0-9a-f]{32}\b|sntry[aus]_[\w=+/-]{20,}|AKCp\w{40,}"
    r"|fm[12][ar]?_[\w+/=]{20,}|pul-[0-9a-f]{40}|rnd_[A-Za-z0-9]{28,}|CFPAT-[\w-]{40,}|LTAI\w{12,}|bkua_\w{20,}"
    r"|dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{40,}|sgp_\w{20,}|ops_eyJ[\w=+/-]{20,}|pat-[a-z]{2}\d-[0-9a-f-]{30,}"
    r"|v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}|v[1-4]\.(?:local|public)\.[\w-]{20,}(?:\.[\w-]+)?"  # Cloudflare, PASETO
    r"|eyJhdXRocyI6[\w+/=]{8,}|ewoJImF1dGhzI[\w+/=]{8,}"  # Docker's auths
    r"|secret-token:[^\s\"'<>]{4,}"  # RFC 8959
    r"|PRIVATE-TOKEN:\s?\S+"
    r"|SWMTKN-1-[0-9a-z]{20,}(?:-[0-9a-z]{16,})?"  # Docker's swarms
    r"|md5[0-9a-f]{32}\b"  # PostgreSQL's hash of a password
    r"|(?:bot)?\d{8,10}:AA[\w-]{30,}"  # Telegram bots
    r")"
)
# Large and small letters and digits, as no name of something has them over such a length.
_MIX = r"(?=\w{0,40}\d)(?=\w{0,40}[a-z])(?=\w{0,40}[A-Z])"
# By their first letters, so that of most words no more than one is looked at.
_FURTHER = lazy(
    r"(?<![A-Za-z0-9_])(?=[ABCFIKa-fh-prstv-y])(?:"
    r"A(?:TBB[\w=.-]{24,}|BSK[\w+/=]{80,}|3(?:-[A-Z0-9]{5,11}){5,6}\b|QVN[\w-]{35,}|Q\.Ab8[\w-]{30,}"
    # Atlassian, AWS, 1Password, Yandex, Google, Adyen, Octopus, X
    r"|QE[a-z]{2}[A-Za-z0-9+/]{60,}[\w+/=-]*|PI-[A-Z0-9]{26,}\b|A{20,21}[\w%]{60,})"
    rf"|BSA{_MIX}[\w-]{{27}}(?![\w-])"
    r"|BBDC-[\w+@-]{40,}|CCIP(?:AT|RJ)_\w{20,}|FLWSECK(?:_TEST)?-\w{12,}|IGQV[\w-]{80,}"
    rf"|K(?:00{_MIX}[\w+/]{{28}}\b|EY[0-9A-F]{{32}}_\w{{16,}}|10[0-9a-f]{{64}}::\w{{1,40}}:\S+)"
    rf"|a(?:pify_api_\w{{30,}}|pi_org_{_MIX}[A-Za-z0-9]{{30,}})"
    r"|b(?:edrock-api-key-[\w+/=]{40,}|k(?:aj|ct|at)_\w{20,}|\.AAAAA[\w-]{60,})"
    rf"|(?<!\.)[sr]\.{_MIX}[A-Za-z0-9]{{24}}(?:\.[A-Za-z0-9]{{4,6}})?(?![\w(])"  # Vault before 1.10
    rf"|c(?:io{_MIX}[A-Za-z0-9]{{32}}\b|mVmdGtu[A-Za-z0-9]{{56}}\b|al_(?:live|test)_\w{{24,}}|f(?:ut|at|k)_[\w-]{{32,}}"
    r"|sk-[a-z0-9]{40,}|xt[ph]_[A-Za-z0-9]{30}\b|tx7sk-[\w-]{30,})"
    rf"|d(?:uffel_(?:live|test)_[\w-]{{40,}}|d[pow]_{_MIX}[A-Za-z0-9]{{36}}\b|(?:ose|kea)[0-9a-f]{{32}}\b|bt[cu]_[\w=-]{{30,}}"
    r"|G9rOj[\w=+/]{40,})"
    r"|django-insecure-[^\s\"']{20,}|e(?:ssu_[\w=+/]{40,}|yJhIjoi[\w=+/-]{80,}|2b_[0-9a-f]{40}\b)"
    rf"|f(?:c-[0-9a-f]{{32}}\b|io-u-[\w-]{{40,}}|w_{_MIX}[A-Za-z0-9]{{22,26}}\b)"
    r"|h(?:bp_[A-Za-z0-9]{30,}|c[a-z][ilm]k_\w{50,})|ico-[A-Za-z0-9]{32}\b|jina_\w{40,}"
    r"|klarna_(?:live|test)_(?:api|client)_\S{16,}|key_[0-9a-f]{64}\b"
    rf"|l(?:in_oauth_\w{{32,}}|ive_(?:pub_)?(?:[0-9a-f]{{35}}\b|{_MIX}[\w-]{{30,}}))"  # Lob, Mollie, GoCardless
    rf"|m(?:lsn\.[0-9a-f]{{60,}}|d-{_MIX}[\w-]{{22}}(?![\w-]))"
    r"|n(?:f[copu]_[A-Za-z0-9]{36,}|api_[a-z0-9]{40,}|bp_[A-Za-z0-9]{36,})"
    r"|o(?:ry_(?:at|st|ac|rt|pat|apikey|wak)_[\w.-]{20,}|auth:[a-z0-9]{30}\b)"
    rf"|p(?:csk_\w{{40,}}|a-{_MIX}[\w-]{{43}}(?![\w-])|at(?:{_MIX}[A-Za-z0-9]{{14}}\.[0-9a-f]{{64}}|_[A-Za-z0-9]{{64}})\b|8e-[A-Za-z0-9]{{32}}\b"
    r"|n[ub]_[A-Za-z0-9]{36}\b|k_\d{5,10}_[A-Z0-9]{30,}|dl_(?:live|sdbx)_apikey_\w{20,})"
    rf"|r(?:zp_(?:live|test)_{_MIX}[A-Za-z0-9]{{14,}}|e_{_MIX}[A-Za-z0-9]{{6,12}}_[A-Za-z0-9]{{20,}}|dme_[a-z0-9]{{60,}})"
    r"|s(?:q[apu]_[0-9a-f]{40}\b|yt_[\w=-]{20,}|nyk_[a-z]{3}\.[\w.-]{20,}|hippo_(?:live|test)_[0-9a-f]{30,}|b_secret_[\w-]{20,}"
    r"|k_(?:[0-9a-f]{48}\b|sbox_\w{20,})|k\.eyJ1Ijoi[\w.-]{20,}|up_[sp]k_\w{20,}|ess-[A-Za-z0-9]{40}\b|l\.(?:u\.)?[\w-]{100,}|ha256~[\w-]{40,}"
    rf"|m_[aps]at_{_MIX}[A-Za-z0-9]{{16}}\b|-s4t2(?:ud|af)-[0-9a-f]{{64}}|ignkey-\w{{2,8}}-[0-9a-f]{{32,}}"
    rf"|ecret-(?:(?:live|test)-[\w=-]{{30,}}|{_MIX}[A-Za-z0-9]{{40,}})|dk-{_UUID})"
    r"|t(?:fp_[\w-]{40,}|vly-(?:\w{3,4}-)?[A-Za-z0-9]{20,}"
    rf"|gp_v1_[\w-]{{40,}}|r_(?:dev|prod|stg|pat)_{_MIX}\w{{20,}}|k_[a-z0-9]{{29}}\b|1\.[\w=-]{{8,}}\.[\w-]{{80,}}=*)"
    r"|v(?:ercel_blob_rw_\w{24,}|c[pickar]_[A-Za-z0-9]{24,}|k1\.a\.[\w-]{80,})|wandb_v1_\w{30,}"
    rf"|x(?:au_\w{{30,}}|a(?:at|pt)-{_UUID})|y[0-3]_{_MIX}[\w-]{{50,}}"
    r")"
)
# Each of them is at least so long, and none is of small letters alone: to compile them costs as much as a tenth of the
# start of a module, and most texts have no such word.
_LONG_WORD = lazy(r"(?<![A-Za-z0-9_])(?![a-z]+(?![\w.:=+/~-]))[A-Za-z][^\s\"'<>{},;()\[\]&|]{15}")
# Behind a prefix of any provider (`abc_...`): random, no words. Numbers of objects (`evt_1NG8Du2e...`) are shorter.
_LONG_TAIL = r"(?![A-Za-z0-9]{0,60}[a-z]{7})(?=\w{0,60}[A-Z][A-Z\d])(?=\w{0,60}\d[a-z])(?=(?:[A-Za-z]{0,60}\d){3})"
_LONG_TAIL += r"[A-Za-z0-9]{36,}"
# Those that are not known by their beginning; each with a text that is in all of them.
_INSIDE = (
    ("_", lazy(rf"(?<![A-Za-z0-9_])[a-z][a-z0-9]{{1,11}}_{_LONG_TAIL}\b")),
    ("_secret_", lazy(rf"(?<![A-Za-z0-9_])[a-z]{{2,8}}_[A-Za-z0-9]{{1,80}}_secret_{_MIX}[A-Za-z0-9]{{16,}}")),  # Stripe
    ("hmac-", lazy(r"(?<![\w-])hmac-(?:md5|sha\d{1,3}):[\w.-]{1,80}:[\w+/]{16,}={0,2}")),  # dig -y
    ("SSWS", lazy(r"(?<=SSWS )[\w-]{30,}")),  # Okta
    ("RWRTY0Iy", lazy(r"(?<!\w)RWRTY0Iy[\w+/=]{60,}")),  # minisign
    ("atlasv1", lazy(r"(?<![\w.])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}")),  # Terraform
    ("Q~", lazy(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}")),  # Entra ID
    ("-us", lazy(r"(?<![\w-])[0-9a-f]{32}-us\d{1,2}\b")),  # Mailchimp
    (".", lazy(r"(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w.-])")),  # Discord's bots
    ("00D", lazy(r"(?<!\w)00D[A-Za-z0-9]{12}![\w.]{60,}")),  # Salesforce
    ("/", lazy(r"(?<![\w./-])[12]/\d{10,20}(?:/\d{10,20})?:[0-9a-f]{32}\b")),  # Asana
    ("0.", lazy(rf"(?<![\w.])0\.{_UUID}\.[\w+/]{{24,}}:[\w+/=]{{20,}}")),  # Bitwarden
    ("-", lazy(r"(?<![\w-])[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])")),  # Mailgun
    # Microsoft's keys have a mark in them.
    ("AZDO", lazy(r"(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])")),
    ("JQQJ9", lazy(r"(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{25,30}(?![A-Za-z0-9])")),
    ("Az", lazy(r"(?<![\w-])(?:[\w-]{44}AzFu[\w-]{6}==|[A-Za-z0-9]{42}AzSe\w{6}\b|[A-Za-z0-9]{33}AzCa\w{6}=)")),
    ("+A", lazy(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32,76}\+A(?:St|CR|Eh|Sb|IoT)[A-Za-z0-9+/]{5,7}={0,2}(?![\w=])")),
    ("ACDb", lazy(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{76}ACDb[A-Za-z0-9+/]{6}==")),
    # A private key in base 64: OpenSSH's own form, and with its first line, as in Kubernetes' client-key-data and
    # tls.key. A certificate begins in another way.
    ("b3BlbnNzaC1rZXkt", lazy(r"b3BlbnNzaC1rZXktdjE[\w+/=]*")),
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
_KEY_PAIR = lazy(r"(\b(?:AKIA|ASIA)[0-9A-Z]{12,20}[\s:,;/|\"']{1,5})[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])")
# Who has the address may post to it.
_HOOKS = lazy(
    r"(?i)(\bhooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
    r"|\bdiscord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{1,24}/"
    r"|\bapi\.telegram\.org/(?:file/)?bot|\b[\w-]{1,60}\.webhook\.office\.com/webhookb2/"
    r"|\boutlook\.office(?:365)?\.com/webhook/|\bhooks\.zapier\.com/hooks/(?:catch|standard)/\d{1,12}/"
    r"|\bevents\.(?:eu\.)?pagerduty\.com/(?:integration|x-ere)/"
    r"|\bmaker\.ifttt\.com/trigger/[^\s/]{1,80}/(?:json/)?with/(?:json/)?key/"
    rf"|\bhc-ping\.com/|\bhealthchecks\.io/(?:ping/)?(?={_UUID})|\bhook\.(?:\w{{2,4}}\.)?(?:make|integromat)\.com/"
    r"|\bnosnch\.in/|\b(?:uptime\.betterstack|betteruptime)\.com/api/v1/heartbeat/|\bcronitor\.link/p/"
    r"|\bopen\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/|\balert\.victorops\.com/integrations/"
    r"|\.grafana\.net/(?:oncall/)?integrations/v1/\w{1,40}/|/api/push/(?-i:(?=\w{0,32}\d)(?=\w{0,32}[A-Z]))"
    # Links that are mailed: who has one may log in, or set the password.
    r"|/(?:(?:users?/|accounts?/|auth/)?(?:password[-_]?reset|reset[-_]?password|password/reset|magic[-_]?link"
    r"|(?:verify[-_]?email|email[-_]?verif\w{1,10}))(?:/confirm)?/(?:[A-Za-z0-9_-]{1,12}/)?|reset/[A-Za-z0-9_-]{1,12}/)"
    r"(?=[\w.~-]{0,60}\d)(?=[\w.~-]{16}))"
    r"[^\s\"'<>]{4,}"
)
# Of these one is in all of them.
_OF_HOOKS = (
    "hook", "telegram", "pagerduty", "ifttt", "ping", "nosnch", "heartbeat", "cronitor", "victorops", "grafana.net",
    "healthchecks", "/api/push/", "reset", "magic", "verif",
)  # fmt: skip


def without_shapes(text: str) -> str:
    """The text without what is a secret wherever it stands.

    >>> without_shapes("key sk_live_abc123 of $1$saltsalt$0123456789abcdef")
    'key (hidden) of (hidden)'
    """
    if "/" in text:
        low = text.lower()
        text = _HOOKS.sub(rf"\1{HIDDEN}", text) if any(part in low for part in _OF_HOOKS) else text
    text = _KEY_PAIR.sub(rf"\1{HIDDEN}", text) if "IA" in text else text
    text = _SHAPES.sub(HIDDEN, text)
    text = _FURTHER.sub(HIDDEN, text) if _LONG_WORD.search(text) else text
    for words, rule in _INSIDE:
        text = rule.sub(HIDDEN, text) if words in text else text
    text = _WEB_TOKEN.sub(HIDDEN, text) if "eyJ" in text else text
    text = _HASHES.sub(HIDDEN, text) if "$" in text else text
    return _LDAP_HASH.sub(rf"\1{HIDDEN}", text) if "{" in text else text
