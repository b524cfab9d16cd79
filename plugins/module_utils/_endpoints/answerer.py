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
    SINGLE_PAGE, SERVER_PAGE, GATEWAY, PAGE, PORTAL,
) = (
    "challenge", "password", "proxy_password", "csrf", "wrong_host", "maintenance", "login", "redirect", "no_backend",
    "default_page", "single_page", "server_page", "gateway", "page", "portal",
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
}


class HttpAnswer(NamedTuple):
    """An answer as it came. ``headers``: by lower-case name; ``body``: its beginning.

    ``missing``: what did not come of it; ``unread``: why its body cannot be read; both in words, empty for nothing.
    """

    status: int
    headers: Mapping[str, str]
    body: str = ""
    missing: str = ""
    unread: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is HTML with something in it; an empty body says nothing, whatever its type is."""
        text = self.body.lstrip("\ufeff \t\r\n")[:200].lower()
        if not text:
            return False
        return text.startswith(("<!doctype html", "<html", "<head", "<body", "<h1", "<center")) or (
            "text/html" in self.headers.get("content-type", "").lower()
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
    """Fits where the status is one of these, and the header and the body fit, as far as they are named."""

    kind: str
    by: str
    statuses: Container[int] = _ANY
    header: str = ""
    value: Pattern[str] | None = None
    body: Pattern[str] | None = None


def _is(pattern: str) -> Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ERRORS, _SERVER_ERRORS, _NO_BACKEND = range(400, 600), range(500, 600), (502, 503, 504)
_MARKS = (
    # Firewalls and bot protection.
    _Mark(CHALLENGE, "cf-mitigated", header="cf-mitigated"),
    _Mark(CHALLENGE, "x-amzn-waf-action", header="x-amzn-waf-action"),
    _Mark(CHALLENGE, "x-vercel-mitigated", header="x-vercel-mitigated"),
    _Mark(CHALLENGE, "DataDome", (403, 429), "x-datadome"),
    _Mark(CHALLENGE, "Sucuri", (403, 503), "x-sucuri-block"),
    _Mark(CHALLENGE, "Sucuri", (403, 503), "server", _is("sucuri")),
    _Mark(CHALLENGE, "Imperva", (403, 503), "x-iinfo"),
    _Mark(CHALLENGE, "Imperva", body=_is("incapsula incident id")),
    _Mark(CHALLENGE, "Azure", (403,), "server", _is("azure")),
    _Mark(CHALLENGE, "Azure, by x-azure-ref", (403,), "x-azure-ref",
          body=_is("request is blocked|services aren't available")),
    _Mark(CHALLENGE, "Bunny", (403,), "server", _is("bunnycdn"), _is("<h1>403")),
    _Mark(CHALLENGE, "the title of its page",
          body=_is(r"<title>\s*(?:just a moment|attention required|access denied)")),
    _Mark(
        CHALLENGE, "Cloudflare", (403, 429, 503), "server", _is("cloudflare"),
        _is("challenge-platform|cf-chl|just a moment|attention required|you have been blocked|error code: 10(?!16)"),
    ),
    _Mark(CHALLENGE, "Akamai", (403,), "server", _is("akamai")),
    _Mark(CHALLENGE, "a load balancer of AWS", (403,), "server", _is("awselb")),
    _Mark(CHALLENGE, "CloudFront", (403,), "server", _is("cloudfront"),
          _is("request blocked|could not be satisfied|this distribution is not")),
    _Mark(WRONG_HOST, "Fastly", _ERRORS, body=_is("fastly error: unknown domain")),
    _Mark(CHALLENGE, "ModSecurity", (403, 406), body=_is("mod_?security|<title>406 not acceptable|not acceptable!")),
    _Mark(CHALLENGE, "F5", body=_is("the requested URL was rejected. please consult with your administrator")),
    _Mark(CHALLENGE, "{name}", (403, 406, 503), body=_is(
        r"(?P<name>Imunify360|Wordfence|FortiGuard|FortiWeb|Barracuda|SiteGround Security|Sucuri WebSite Firewall)"
    )),
    _Mark(
        CHALLENGE, "the words of its page", (401, 403, 429, 503),
        body=_is("captcha|web application firewall|checking your browser|access denied by security policy"),
    ),
    _Mark(PORTAL, "status 511", (511,)),
    # A login before the site.
    _Mark(PROXY_PASSWORD, "Proxy-Authenticate", (407,)),
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
    # Frameworks that refuse before the view.
    _Mark(CSRF, "the words of its page", (400, 401, 403, 419, 422),
          body=_is(r"\bcsrf\b|xsrf|InvalidAuthenticityToken|authenticity token")),
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
            r" is not allowed|unknown host|host not (?:permitted|allowed)|direct ip access|error code: 100[13]"
            r"|no such site"
        ),
    ),
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
    _Mark(NO_BACKEND, "a page of Apache", _NO_BACKEND, body=_is("proxy server|maintenance downtime or capacity")),
    _Mark(NO_BACKEND, "a page of Traefik", _NO_BACKEND,
          body=_is(r"\A(?:bad gateway|gateway timeout|no available server|service unavailable)\s*\Z")),
    _Mark(NO_BACKEND, "Server: {name}", (502, 504), "server",
          _is("(?P<name>caddy|nginx|openresty|envoy|traefik|haproxy|awselb|varnish|apache|kong|akamai|cloudfront)")),
    # Pages of a person or of a deploy.
    _Mark(MAINTENANCE, "Retry-After, on a web page", (503,), "retry-after", body=_is("<html|<!doctype")),
    _Mark(MAINTENANCE, "the words of its page", (503,),
          body=_is(r"<(?:title|h1)[^>]{0,80}>[^<]{0,80}(?:maintenance|be right back|back soon|wartung|coming soon)")),
    # With 200 a page may also speak of the maintenance of something, or of what is coming soon.
    _Mark(MAINTENANCE, "the words of its page", (200,), body=_is(
        r"<(?:title|h1)[^>]{0,80}>(?:[^<]{0,80}(?:\b(?:under(?:going)?|down for|closed for|in) (?:\w+ )?maintenance"
        r"|be right back|(?:we|site|shop|store)\b[^<]{0,20}\bback soon|\bmaintenance (?:mode|page|in progress|break)"
        r"|wartungs(?:arbeit|modus|seite))"
        r"|\s*(?:(?:site|system|server|website|scheduled|planned|temporary) )?maintenance\s*(?:[|<\u00b7\u2013-]|\Z)"
        r"|\s*(?:coming|back) soon\s*(?:[|<\u00b7\u2013-]|\Z))"
    )),
    _Mark(DEFAULT_PAGE, "{name}", body=_is(
        r"<(?:title|h1)[^>]{0,80}>\s*(?P<name>welcome to (?:nginx|openresty|caddy|angie|tengine)"
        r"|apache2? (?:\w+ )?default page|it works!|test page for [\w .]{1,60}|iis windows server"
        r"|caddy works|congratulations! your web server|domain default page|[\w ]{1,30} webserver test page"
        r"|web server's default page|default web site page|apache tomcat/[\d.]+|[\w.-]{3,60} is for sale"
        r"|the install worked successfully|welcome to your new \w+|this domain is (?:parked|for sale))"
    )),
    _Mark(LOGIN, "a field for a password", body=_is(r"<input[^>]{0,300}type=[\"']?password")),
    _Mark(LOGIN, "the words of its page", body=_is(
        r"<title[^>]{0,80}>[^<]{0,80}(?:\blog ?in\b|\bsign ?in\b|anmelden|single sign-on)"
    )),
    # The pages of a web server itself: nothing behind it was asked.
    _Mark(SERVER_PAGE, "a page of {name}", _ERRORS,
          body=_is(r"<hr>\s*<center>(?P<name>nginx|openresty|tengine|angie|cloudflare|microsoft-azure)[^<]{0,40}</center>")),
    _Mark(SERVER_PAGE, "its words for a request without TLS", (400,),
          body=_is("client sent an HTTP request to an HTTPS")),
    _Mark(SERVER_PAGE, "ingress-nginx's words for a request without a route", (404,),
          body=_is(r"\Adefault backend - 404")),
    _Mark(SERVER_PAGE, "a page of Apache", _ERRORS, body=_is(r"<address>Apache[^<]{0,80}</address>")),
    _Mark(SERVER_PAGE, "Server: {name}, and no route", (404,), "server", _is("(?P<name>caddy)"), _is(r"\A\s*\Z")),
    _Mark(SERVER_PAGE, "Traefik's words for a request without a route", (404,), body=_is(r"\A404 page not found\s*\Z")),
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
    names: dict[str, str] = {}
    for pattern, text in ((mark.value, answer.headers.get(mark.header, "")), (mark.body, answer.body)):
        match = pattern.search(text) if pattern else None
        if pattern and not match:
            return ""
        if match:
            names.update({name: value for name, value in match.groupdict().items() if value})
    return mark.by.format(name=names.get("name", ""))
