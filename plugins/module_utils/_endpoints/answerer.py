# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who gave an HTTP answer, by its headers and its body: before what a status says comes whose it is. Pure.

A status is given by whatever stands on the way: a firewall's challenge, a password before the site, a proxy without a
backend, a framework's own pages. What is recognised is named with what it is recognised by; what is not is unknown.

Sources: Cloudflare "Detect a Challenge Page response" (cf-mitigated) and "5xx errors"; AWS WAF "Challenge and CAPTCHA
actions" (x-amzn-waf-action); RFC 9110 (WWW-Authenticate, Allow); the pages of nginx (ngx_http_special_response.c),
Apache, HAProxy (errorfiles), Envoy, Traefik, Caddy, Varnish; of Django (views/csrf.py, views/defaults.py), Rails
(HostAuthorization), Laravel (419), Starlette (TrustedHostMiddleware), Werkzeug, Express and Spring.
"""

from __future__ import annotations

import re
from typing import Container, Mapping, NamedTuple, Pattern

(
    CHALLENGE, PASSWORD, PROXY_PASSWORD, CSRF, WRONG_HOST, MAINTENANCE, LOGIN, REDIRECT, NO_BACKEND, DEFAULT_PAGE,
    SINGLE_PAGE, SERVER_PAGE, GATEWAY, PAGE, PORTAL, PROXY,
) = (
    "challenge", "password", "proxy_password", "csrf", "wrong_host", "maintenance", "login", "redirect", "no_backend",
    "default_page", "single_page", "server_page", "gateway", "page", "portal", "proxy",
)  # fmt: skip
_ANY = range(1000)
_READ = 16 * 1024  # characters of a body that are looked at
_WORDS = {
    CHALLENGE: "a firewall before it refuses the request",
    PASSWORD: "a login is asked for before it",
    PROXY_PASSWORD: "a proxy on the way asks for a login",
    CSRF: "the framework's check against forged forms (CSRF) refuses the request before the view sees it",
    WRONG_HOST: "the server does not serve this host name",
    MAINTENANCE: "a maintenance page answers",
    LOGIN: "a login page answers",
    REDIRECT: "it redirects",
    NO_BACKEND: "the proxy reaches no backend",
    DEFAULT_PAGE: "a web server's default page answers: no site is set up there for this host name",
    SINGLE_PAGE: "the page of a single-page application answers",
    SERVER_PAGE: "the web server itself answers, and nothing behind it",
    GATEWAY: "an API gateway answers for itself",
    PAGE: "a web page answers",
    PORTAL: "a portal of the network on the way asks for a login",
    PROXY: "a proxy of the network on the way answers for itself",
}
# What stands between a network and the world, as it names itself in headers and pages.
PROXIES = re.compile(
    r"(?i)\b(?P<name>squid|zscaler|blue ?coat|symantec web security|forcepoint|websense|forti(?:guard|gate|net|proxy)"
    r"|mcafee web gateway|skyhigh|sophos|palo ?alto|check ?point|cisco umbrella|netskope|tinyproxy|privoxy)\b"
)


class HttpAnswer(NamedTuple):
    """An answer as it came. ``headers``: by lower-case name; ``body``: its beginning.

    ``missing``: what did not come of it; ``unread``: why its body cannot be read; both in words, empty for nothing.
    ``method``: by which it was asked, empty where that is not known.
    """

    status: int
    headers: Mapping[str, str]
    body: str = ""
    missing: str = ""
    unread: str = ""
    method: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is HTML. Words without a tag are none, whatever their type is: Flask, Express, Django and PHP
        give each text that of a page."""
        text = self.body.lstrip("\ufeff \t\r\n")[:_READ]
        return text[:20].lower().startswith(("<!doctype html", "<html", "<head", "<body", "<h1", "<center")) or (
            "<" in text and "text/html" in self.headers.get("content-type", "").lower()
        )


class Answerer(NamedTuple):
    """Who answered. ``kind``: one of the above; ``by``: what it is recognised by."""

    kind: str
    by: str

    @property
    def words(self) -> str:
        if self.kind == REDIRECT:
            return f"{_WORDS[self.kind]} {self.by}"
        return f"{_WORDS[self.kind]} ({self.by})" if self.by else _WORDS[self.kind]


class _Mark(NamedTuple):
    """Fits where the status is one of these, and the header and the body fit, as far as they are named.

    A header that a firewall or a proxy adds to every answer that it passes on shows that it is there, and not that it
    answered: with such a one its own words are looked for too. ``form``: what the answer must be, ``bare`` for HTML or
    nothing, ``open`` for HTML without a field for a password, empty for anything. ``seen``: the body is looked for
    among the words that a reader of the page sees, so that no tag and no script of an ordinary page counts. ``asked``:
    methods, empty for all; one that is not known fits.
    """

    kind: str
    by: str
    statuses: Container[int] = _ANY
    header: str = ""
    value: Pattern[str] | None = None
    body: Pattern[str] | None = None
    form: str = ""
    seen: bool = False
    asked: tuple[str, ...] = ()


def _is(pattern: str) -> Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ERRORS, _NO_BACKEND = range(400, 600), (502, 503, 504)
_OPEN, _BARE = "open", "bare"
_WRITES = ("POST", "PUT", "PATCH", "DELETE")  # which a check against forged forms looks at, and it looks at no other
_PASSWORD_FIELD = _is(r"<input[^>]{0,300}type=[\"']?password")
# Where the notice of a title or a heading ends, so that a title of which it is only a part is none.
_END = r"\s*[.!\u2026]{0,3}\s*(?:[|<\u00b7\u2013\u2014]|\s-|\Z)"
_STOP = rf"(?:{_END}|\s*[.!,:\u2026])"  # or its sentence
_FEW_WORDS = r"(?:[^\s<]{1,30}\s+){0,10}?"
# How a notice continues, and what it is then about: not the maintenance of something else.
_NO_QUESTION = r"(?![^<.!|]{0,200}\?)"
_BACK = (
    r"(?:[,;:]?\s+(?:and|but)\s[^<]{0,30}\bback\b(?! (?:in stock|office|end)\b)"
    rf"|\s+(?:right now|at the moment|at present)\b){_NO_QUESTION}"
)
_WHEN = r"(?:at|on|by|in|soon|online|until|to (?:end|finish|last|be)|\d)"
_UNTIL = rf"\s+\(?(?:(?:until|till)\b|eta(?:\s*:|\s+\(?~?\d)|(?:expected|back)\s+{_WHEN}){_NO_QUESTION}"
_ASKS = rf"(?:[,;:]?\s+(?:please|we)\b){_NO_QUESTION}"
_SOON = (
    r"\s+(?:(?:soon|shortly|online)\b|in (?:about |around |just )?(?:\d|a (?:bit|few|minute|moment|while)|an hour"
    r"|some |several |no time|one |two |five |ten |half )"
    r"|(?:after|once|when)\s[^<:]{0,40}\b(?:maintenance|updat|upgrad|deploy|work|we\b|we['\u2019]|it\b|done|finished))"
)
_US = (
    r"(?=(?:currently |now )?(?:under|down|closed|offline|unavailable|maintenance)\b"
    r"|[^<]{0,60}\b(?:we|our|(?:web ?)?(?:site|shop)|store|page|portal|service|server|system|app|platform)\b)"
)
_NOTICE = (
    r"(?:under(?:going)?|(?:down|closed|offline|unavailable) (?:for|due to)|(?:is|are|currently|now) in)"
    r" (?:\w+ )?maintenance(?: mode| work)?"
)
_WARTUNG = r"wartungs(?:arbeit(?:en)?|modus|seite)"
_MARKS = (
    # Firewalls and bot protection.
    _Mark(CHALLENGE, "cf-mitigated", header="cf-mitigated"),
    _Mark(CHALLENGE, "x-amzn-waf-action", header="x-amzn-waf-action"),
    _Mark(CHALLENGE, "x-vercel-mitigated", header="x-vercel-mitigated"),
    _Mark(CHALLENGE, "DataDome", (401, 403, 405, 429), "x-datadome", body=_is(r"captcha-delivery\.com|datadome")),
    _Mark(CHALLENGE, "Sucuri", (403, 503), "x-sucuri-block"),
    _Mark(CHALLENGE, "Sucuri", (403, 503), "server", _is("sucuri"), _is("sucuri")),
    _Mark(CHALLENGE, "Imperva", body=_is(r"incapsula incident id|id=[\"']?main-iframe[\"']? src=[\"']?/_incapsula")),
    # It also adds its script to pages that it passes on: its own has nothing else.
    _Mark(CHALLENGE, "Imperva", (403, 503), "x-iinfo", body=_is(
        r"\A(?=[\s\S]{0,4000}/_incapsula_resource)(?![\s\S]{0,4000}<script(?![^>]{0,400}_incapsula_resource))"
        r"(?:\s*<[^>]{1,600}>){1,30}\s*\Z"
    )),
    _Mark(CHALLENGE, "Azure", (403,), "server", _is("azure-application-gateway"), form=_BARE),
    _Mark(CHALLENGE, "Azure, by x-azure-ref", (403,), "x-azure-ref",
          body=_is("request is blocked|services aren't available")),
    _Mark(CHALLENGE, "Bunny", (403,), "server", _is("bunnycdn"), _is("<h1>403")),
    _Mark(CHALLENGE, "the title of its page",
          body=_is(r"<title>\s*(?:just a moment\.\.\.|attention required!\s*\| cloudflare)")),
    # Cloudflare adds a script of its own to pages that it passes on (challenge-platform/scripts/jsd).
    _Mark(
        CHALLENGE, "Cloudflare", (403, 429, 503), "server", _is("cloudflare"),
        _is(r"challenge-platform/(?!scripts/jsd)|cf-chl-|_cf_chl_|you have been blocked|\Aerror code: 10(?!16)\d\d\b"),
    ),
    _Mark(CHALLENGE, "Akamai", (403,), "server", _is("akamai"), form=_BARE),
    _Mark(CHALLENGE, "Akamai, by its reference", (403,),
          body=_is(r"<title>\s*access denied[^@]{0,600}(?:reference(?:\s|&#32;)*(?:#|&#35;)|errors\.edgesuite)")),
    _Mark(CHALLENGE, "a load balancer of AWS", (403,), "server", _is("awselb")),
    _Mark(CHALLENGE, "CloudFront", (403,), "server", _is("cloudfront"),
          _is("request blocked|could not be satisfied|this distribution is not")),
    _Mark(WRONG_HOST, "Fastly", _ERRORS, body=_is("fastly error: unknown domain")),
    _Mark(CHALLENGE, "ModSecurity", (403, 406), body=_is(r"mod_?security|<(?:title|h1)>\s*(?:406 )?not acceptable")),
    _Mark(CHALLENGE, "F5", body=_is("the requested URL was rejected. please consult with your administrator")),
    _Mark(CHALLENGE, "{name}", (403, 406, 503), body=_is(
        r"(?P<name>Imunify360|Wordfence|FortiGuard|FortiWeb|Barracuda|SiteGround Security|Sucuri WebSite Firewall)"
    )),
    _Mark(
        CHALLENGE, "the words of its page", (401, 403, 429, 503), form=_OPEN, seen=True,
        body=_is(
            r"\b(?:solve|complete|enter|pass|fill in|answer)\b[^.<]{0,40}captcha"
            r"|captcha\b[^.<]{0,30}\b(?:required|continue|proceed)|web application firewall"
            r"|checking your browser|access denied by security policy"
        ),
    ),
    _Mark(PORTAL, "status 511", (511,)),
    # Of a proxy of the network: the header that it writes on its own answers, and not on those that it passes on.
    _Mark(PROXY_PASSWORD, "Proxy-Authenticate", (407,)),
    _Mark(PROXY, "X-Squid-Error", header="x-squid-error"),
    _Mark(PROXY, "Server: {name}", _ERRORS, "server", PROXIES),
    _Mark(PROXY, "Proxy-Agent: {name}", _ERRORS, "proxy-agent", PROXIES),
    # A login before the site.
    _Mark(PASSWORD, "WWW-Authenticate", _ERRORS, "www-authenticate"),
    _Mark(PASSWORD, "its words: {name}", (401, 403), body=_is(
        r"(?P<name>authentication credentials were not provided|not authenticated|unauthenticated"
        r"|full authentication is required|you need to sign in|login required|please log ?in)"
    )),
    _Mark(PASSWORD, "Google's Identity-Aware Proxy", (401, 403), "x-goog-iap-generated-response"),
    _Mark(PASSWORD, "the title of its page", (401,), body=_is(r"<title>\s*authentication required")),
    # Gateways that answer for routes and keys of their own.
    _Mark(GATEWAY, "x-amzn-errortype", _ERRORS, "x-amzn-errortype"),
    _Mark(GATEWAY, "its words: {name}", (401, 403, 404), body=_is(
        r"(?P<name>missing authentication token|missing authorization header|no route matched with those values"
        r"|no api key found in request"
        r"|resource not found: no matching route|rbac: access denied)"
    )),
    _Mark(GATEWAY, "Server: {name}", (400, 401, 403, 404, 405), "server", _is(r"\A(?P<name>kong)/")),
    # Frameworks that refuse before the view.
    _Mark(CSRF, "the words of its page", (400, 401, 403, 419, 422), seen=True, asked=_WRITES,
          body=_is(r"\bcsrf\b|\bxsrf\b|InvalidAuthenticityToken|authenticity token")),
    _Mark(CSRF, "status 419, Laravel's own", (419,)),
    _Mark(WRONG_HOST, "status 421", (421,)),
    _Mark(WRONG_HOST, "a hosting service has no such site: {name}", (404,), body=_is(
        r"(?P<name>no such app(?=<)|there isn't a github pages site|site not found[^<]{1,20}github pages"
        r"|NoSuchBucket(?=<)|DEPLOYMENT_NOT_FOUND)"
    )),
    _Mark(WRONG_HOST, "ngrok-error-code", (404,), "ngrok-error-code"),
    _Mark(
        WRONG_HOST, "the words of its page", _ERRORS,
        body=_is(
            r"DisallowedHost|ALLOWED_HOSTS|invalid http_host|blocked hosts?:|invalid host header|this host \(.{1,200}\)"
            r" is not allowed|direct ip access|error code: 100[13]"
        ),
    ),
    # What an application may say of a host that it asks itself stands behind other words.
    _Mark(WRONG_HOST, "the words of its page", (400, 403, 404, 421), body=_is(
        r"(?:\A[\s{]*(?:[\"'](?:error|message|detail)[\"']\s*:\s*)?[\"']?|>\s*)"
        r"(?:unknown host|no such site|host not (?:permitted|allowed))"
    )),
    # Cloudflare's page for what its rules refuse; the one for a host name of no site is recognised before.
    _Mark(CHALLENGE, "a page of Cloudflare", (403, 429), "server", _is("cloudflare"), _is("cf-error-details")),
    _Mark(CHALLENGE, "a page of Cloudflare", (403, 429, 503), "server", _is("cloudflare"),
          _is("used cloudflare to restrict access")),
    # Django's page for a host that is not in ALLOWED_HOSTS, and for other suspicious requests.
    _Mark(WRONG_HOST, "Django's page for a host that is not in ALLOWED_HOSTS", (400,),
          body=_is(r"<h1>Bad Request \(400\)</h1>")),
    # Proxies without a backend.
    _Mark(NO_BACKEND, "a load balancer of AWS without a target", (503,), "server", _is("awselb")),
    _Mark(NO_BACKEND, "Heroku's page for an application that does not run", (503,),
          body=_is("<title>Application error</")),
    _Mark(NO_BACKEND, "a status of Cloudflare's own", (*range(520, 528), 530)),
    _Mark(NO_BACKEND, "a page of Cloudflare", _NO_BACKEND, "server", _is("cloudflare"),
          _is(r"\Aerror code: 50[234]\s*\Z|cf-error-details|50[234]: (?:bad gateway|gateway time-?out)")),
    _Mark(NO_BACKEND, "a page of HAProxy", (503,), body=_is("no server is available to handle this request")),
    _Mark(NO_BACKEND, "a page of Envoy", (502, 503, 504),
          body=_is("no healthy upstream|upstream connect error|upstream request timeout")),
    _Mark(NO_BACKEND, "a page of Varnish", (503,), body=_is("backend fetch failed|guru meditation")),
    _Mark(NO_BACKEND, "a page of {name}", _NO_BACKEND,
          body=_is(r"<hr>\s*<center>(?P<name>nginx|openresty|tengine|angie)[^<]{0,40}</center>")),
    _Mark(NO_BACKEND, "a page of Apache", _NO_BACKEND, body=_is(
        "proxy server (?:received an invalid|could not handle)|maintenance downtime or capacity"
        "|gateway did not receive a timely response"
    )),
    # Its `Bad Gateway`, alone, is also what Express writes for a status (sendStatus): it names none of both.
    _Mark(NO_BACKEND, "the words of Traefik", _NO_BACKEND, body=_is(r"\Ano available server\s*\Z")),
    _Mark(NO_BACKEND, "the words of Kong", _NO_BACKEND,
          body=_is("an invalid response was received from the upstream server|the upstream server is timing out")),
    # A proxy names itself on what it passes on, too.
    _Mark(NO_BACKEND, "Server: {name}", (502, 504), "server",
          _is("(?P<name>caddy|nginx|openresty|envoy|traefik|haproxy|awselb|varnish|apache|kong|akamai|cloudfront)"),
          form=_BARE),
    # Pages of a person or of a deploy.
    _Mark(MAINTENANCE, "Retry-After, on a web page", (503,), "retry-after", body=_is("<html|<!doctype")),
    _Mark(MAINTENANCE, "the words of its page", (503,),
          body=_is(r"<(?:title|h1)[^>]{0,80}>[^<]{0,80}(?:maintenance|be right back|back soon|wartung|coming soon)")),
    # With 200 a page may also speak of the maintenance of something, or of what comes soon: the notice is all of it.
    _Mark(MAINTENANCE, "the words of its page", (200,), body=_is(
        r"<(?:title|h1)[^>]{0,80}>\s*(?:"
        rf"{_FEW_WORDS}{_NOTICE}(?:{_STOP}|{_BACK})|{_US}{_FEW_WORDS}{_NOTICE}(?:{_UNTIL}|{_ASKS})"
        r"|(?:(?:site|system|server|website|scheduled|planned|temporary|ongoing|our|the) ){0,3}"
        rf"maintenance(?:(?: (?:mode|page|in progress|break|works?|underway))?(?:{_END}|{_UNTIL})"
        rf"| (?:mode|in progress|break|underway){_ASKS})"
        rf"|{_FEW_WORDS}be right back(?:{_STOP}|{_SOON})"
        rf"|(?:{_FEW_WORDS}(?:we|site|shop|store)\b[^<]{{0,20}} )?back soon{_STOP}"
        rf"|coming soon{_END}|(?:[^\s<]{{1,30}}\s+)?{_WARTUNG}(?:{_END}|\s+bis\s[^<]{{0,20}}\d)"
        rf"|{_FEW_WORDS}(?:wegen|aufgrund(?: von)?) (?:\w+ )?{_WARTUNG}\s[^<]{{0,40}}"
        r"(?:geschlossen|offline|nicht (?:verf\u00fcgbar|erreichbar)))"
    )),
    _Mark(DEFAULT_PAGE, "{name}", body=_is(
        r"<(?:title|h1)[^>]{0,80}>\s*(?P<name>"
        r"welcome to (?:nginx|openresty|angie|tengine)(?: on [\w ]{1,30})?(?:!|(?=\s*<))"
        r"|apache2? (?:\w+ )?default page|test page for the (?:[\w ]{0,40}\bserver\b|ssl/tls-aware apache)"
        r"|congratulations! your web server|[\w ]{1,30} webserver test page"
        r"|web server's default page|default web site page|apache tomcat/[\d.]+"
        r"|[\w-]{1,60}(?:\.[\w-]{2,30}){1,3} is for sale|the install worked successfully"
        r"|welcome to your new (?:server|domain|website|droplet|vps|hosting)\b|this domain is (?:parked|for sale)"
        rf"|(?:it works!?|iis windows server|caddy works!?|welcome to caddy!?|domain default page)(?={_END}))"
    )),
    _Mark(LOGIN, "a field for a password", body=_PASSWORD_FIELD),
    _Mark(LOGIN, "the words of its page", body=_is(
        r"<title[^>]{0,80}>[^<]{0,80}(?:\blog ?in\b|\bsign ?in\b|anmelden|single sign-on)"
    )),
    # The pages of a web server itself: nothing behind it was asked.
    _Mark(SERVER_PAGE, "an error of an object storage: {name}", _ERRORS,
          body=_is(r"\A\s*(?:<\?xml[^>]{0,60}\?>\s*)?<Error>\s*<Code>(?P<name>\w{1,60})</Code>")),
    _Mark(SERVER_PAGE, "a page of {name}", _ERRORS,
          body=_is(r"<hr>\s*<center>(?P<name>nginx|openresty|tengine|angie|cloudflare|microsoft-azure)[^<]{0,40}</center>")),
    _Mark(SERVER_PAGE, "its words for a request without TLS", (400,),
          body=_is("client sent an HTTP request to an HTTPS")),
    _Mark(SERVER_PAGE, "ingress-nginx's words for a request without a route", (404,),
          body=_is(r"\Adefault backend - 404")),
    _Mark(SERVER_PAGE, "a page of Apache", _ERRORS, body=_is(r"<address>Apache[^<]{0,80}</address>")),
    _Mark(SERVER_PAGE, "Server: {name}, and no route", (404,), "server", _is("(?P<name>caddy)"), _is(r"\A\s*\Z")),
    _Mark(SERVER_PAGE, "Traefik's words for a request without a route", (404,), body=_is(r"\A404 page not found\n\Z")),
    _Mark(SINGLE_PAGE, "an empty root element", range(200, 300), body=_is(
        r"<(?:div|main|app-root)[^>]{0,120}(?:id=[\"']?(?:root|app|__next|__nuxt|svelte)\b|</?app-root)"
        r"|<app-root|<script[^>]{0,120}type=[\"']?module"
    )),
)  # fmt: skip


def answerer_of(answer: HttpAnswer) -> Answerer | None:
    """Who is recognised; None where the answer may be the site's own."""
    if 300 <= answer.status < 400 and answer.status != 304:
        return Answerer(REDIRECT, _towards(answer.headers.get("location", "")))
    answer = answer._replace(body=answer.body[:_READ])
    for mark in _MARKS:
        by = _fits(mark, answer)
        if by:
            return Answerer(mark.kind, by)
    return Answerer(PAGE, "text/html") if answer.is_page else None


def is_login(location: str) -> bool:
    """Whether an address that is redirected to is that of a login."""
    return bool(re.search(r"(?i)/(?:[\w-]*log-?in|signin|sign-in|sso|oauth2?|saml|auth)\b", location))


def _towards(location: str) -> str:
    """Where a redirect leads, without its parameters: they may hold secrets."""
    place = re.split(r"[?#]", location)[0][:120]
    if not place:
        return "without an address"
    return f"to the login {place}" if is_login(place) else f"to {place}"


def _fits(mark: _Mark, answer: HttpAnswer) -> str:
    """By what the mark fits; empty where it does not."""
    if answer.status not in mark.statuses:
        return ""
    if mark.header and mark.header not in answer.headers:
        return ""
    if mark.asked and answer.method and answer.method not in mark.asked:
        return ""
    if (mark.form == _OPEN and not _is_open(answer)) or (mark.form == _BARE and not _is_bare(answer)):
        return ""
    names: dict[str, str] = {}
    body = _seen(answer.body) if mark.seen else answer.body
    for pattern, text in ((mark.value, answer.headers.get(mark.header, "")), (mark.body, body)):
        match = pattern.search(text) if pattern else None
        if pattern and not match:
            return ""
        if match:
            names.update({name: value for name, value in match.groupdict().items() if value})
    return mark.by.format(name=names.get("name", ""))


def _is_open(answer: HttpAnswer) -> bool:
    """Whether it is a page without a field for a password: a login may have a captcha of its own."""
    return answer.is_page and not _PASSWORD_FIELD.search(answer.body)


def _is_bare(answer: HttpAnswer) -> bool:
    """Whether it is a page, or has no body and no type of one: what a proxy writes itself."""
    if answer.body.strip():
        return answer.is_page
    return "json" not in answer.headers.get("content-type", "").lower()


def is_wordless(answer: HttpAnswer) -> bool:
    """Whether it is a page that shows nothing without scripts; one that is longer than is looked at may show more."""
    if not answer.is_page or len(answer.body) > _READ or _SHOWS.search(answer.body):
        return False
    return not re.search(r"\w", _seen(_TITLE.sub("", answer.body)))


def refresh_of(body: str) -> str:
    """Where a page leads by itself (``meta refresh``), without its parameters: they may hold secrets; else empty."""
    match = _REFRESH.search(body)
    return re.split("[?#]", match["url"])[0].strip() if match else ""


_TITLE = re.compile(r"(?is)<(title|noscript)\b.*?(?:</\1\s*>|\Z)")
_SHOWS = _is("<(?:img|svg|video|form|input|button|iframe|frame|object|embed)\\b")
_REFRESH = _is(
    r"<meta[^>]{1,80}http-equiv=[\"']?refresh[^>]{0,80}content=[\"']?\s*\d*\s*[;,]\s*(?:url\s*=)?\s*[\"']?(?P<url>[^\"'>\s]{1,300})"
)
_UNSEEN = re.compile(r"(?is)<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)")


def _seen(body: str) -> str:
    """The words of a page that its reader sees: without scripts and tags."""
    return _UNSEEN.sub(" ", body)
