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
from typing import Mapping, NamedTuple

from .marks.firewall_marks import FIREWALLS
from .marks.mark import (
    BARE,
    CHALLENGE,
    CSRF,
    DEFAULT_PAGE,
    ERRORS,
    GATEWAY,
    LOGIN,
    MAINTENANCE,
    NO_BACKEND,
    OPEN,
    PAGE,
    PASSWORD,
    PORTAL,
    PROXY,
    PROXY_PASSWORD,
    REDIRECT,
    SERVER_PAGE,
    SINGLE_PAGE,
    WRONG_HOST,
    Mark,
    said,
)
from .marks.notice_marks import NOTICES

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


_NO_BACKEND = (502, 503, 504)
_WRITES = ("POST", "PUT", "PATCH", "DELETE")  # which a check against forged forms looks at, and it looks at no other
_PASSWORD_FIELD = said(r"<input[^>]{0,300}type=[\"']?password")
_MARKS = (
    *FIREWALLS,
    Mark(PORTAL, "status 511", (511,)),
    # Of a proxy of the network: the header that it writes on its own answers, and not on those that it passes on.
    Mark(PROXY_PASSWORD, "Proxy-Authenticate", (407,)),
    Mark(PROXY, "X-Squid-Error", header="x-squid-error"),
    Mark(PROXY, "Server: {name}", ERRORS, "server", PROXIES),
    Mark(PROXY, "Proxy-Agent: {name}", ERRORS, "proxy-agent", PROXIES),
    # A login before the site.
    Mark(PASSWORD, "WWW-Authenticate", ERRORS, "www-authenticate"),
    Mark(PASSWORD, "its words: {name}", (401, 403), body=said(
        r"(?P<name>authentication credentials were not provided|not authenticated|unauthenticated"
        r"|full authentication is required|you need to sign in|login required|please log ?in)"
    )),
    Mark(PASSWORD, "Google's Identity-Aware Proxy", (401, 403), "x-goog-iap-generated-response"),
    Mark(PASSWORD, "the title of its page", (401,), body=said(r"<title>\s*authentication required")),
    # Gateways that answer for routes and keys of their own.
    Mark(GATEWAY, "x-amzn-errortype", ERRORS, "x-amzn-errortype"),
    Mark(GATEWAY, "its words: {name}", (401, 403, 404), body=said(
        r"(?P<name>missing authentication token|missing authorization header|no route matched with those values"
        r"|no api key found in request"
        r"|resource not found: no matching route|rbac: access denied)"
    )),
    Mark(GATEWAY, "Server: {name}", (400, 401, 403, 404, 405), "server", said(r"\A(?P<name>kong)/")),
    # Frameworks that refuse before the view.
    Mark(CSRF, "the words of its page", (400, 401, 403, 419, 422), seen=True, asked=_WRITES,
         body=said(r"\bcsrf\b|\bxsrf\b|InvalidAuthenticityToken|authenticity token")),
    Mark(CSRF, "status 419, Laravel's own", (419,)),
    Mark(CSRF, "Rails' page for a form without its token", (422,), asked=_WRITES, body=said(
        r"<(?:title|h1)>\s*the change you wanted was rejected"
    )),
    Mark(WRONG_HOST, "status 421", (421,)),
    Mark(WRONG_HOST, "a hosting service has no such site: {name}", (404,), body=said(
        r"(?P<name>no such app(?=<)|there isn't a github pages site|site not found[^<]{1,20}github pages"
        r"|NoSuchBucket(?=<)|DEPLOYMENT_NOT_FOUND)"
    )),
    Mark(WRONG_HOST, "ngrok-error-code", (404,), "ngrok-error-code"),
    Mark(
        WRONG_HOST, "the words of its page", ERRORS,
        body=said(
            r"DisallowedHost|ALLOWED_HOSTS|invalid http_host|blocked hosts?:|invalid host header|this host \(.{1,200}\)"
            r" is not allowed|direct ip access|error code: 100[13]"
        ),
    ),
    # What an application may say of a host that it asks itself stands behind other words.
    Mark(WRONG_HOST, "the words of its page", (400, 403, 404, 421), body=said(
        r"(?:\A[\s{]*(?:[\"'](?:error|message|detail)[\"']\s*:\s*)?[\"']?|>\s*)"
        r"(?:unknown host|no such site|host not (?:permitted|allowed))"
    )),
    # Cloudflare's page for what its rules refuse; the one for a host name of no site is recognised before.
    Mark(CHALLENGE, "a page of Cloudflare", (403, 429), "server", said("cloudflare"), said("cf-error-details")),
    Mark(CHALLENGE, "a page of Cloudflare", (403, 429, 503), "server", said("cloudflare"),
         said("used cloudflare to restrict access")),
    # Django's page for a host that is not in ALLOWED_HOSTS, and for other suspicious requests.
    Mark(WRONG_HOST, "Django's page for a host that is not in ALLOWED_HOSTS", (400,),
         body=said(r"<h1>Bad Request \(400\)</h1>")),
    # Proxies without a backend.
    Mark(NO_BACKEND, "a load balancer of AWS without a target", (503,), "server", said("awselb")),
    Mark(NO_BACKEND, "Heroku's page for an application that does not run", (503,),
         body=said("<title>Application error</")),
    Mark(NO_BACKEND, "a status of Cloudflare's own", (*range(520, 528), 530)),
    Mark(NO_BACKEND, "a page of Cloudflare", _NO_BACKEND, "server", said("cloudflare"),
         said(r"\Aerror code: 50[234]\s*\Z|cf-error-details|50[234]: (?:bad gateway|gateway time-?out)")),
    Mark(NO_BACKEND, "a page of HAProxy", (503,), body=said("no server is available to handle this request")),
    Mark(NO_BACKEND, "a page of Envoy", (502, 503, 504),
         body=said("no healthy upstream|upstream connect error|upstream request timeout")),
    Mark(NO_BACKEND, "a page of Varnish", (503,), body=said("backend fetch failed|guru meditation")),
    Mark(NO_BACKEND, "a page of {name}", _NO_BACKEND,
         body=said(r"<hr>\s*<center>(?P<name>nginx|openresty|tengine|angie)[^<]{0,40}</center>")),
    Mark(NO_BACKEND, "a page of Apache", _NO_BACKEND, body=said(
        "proxy server (?:received an invalid|could not handle)|maintenance downtime or capacity"
        "|gateway did not receive a timely response"
    )),
    # Its `Bad Gateway`, alone, is also what Express writes for a status (sendStatus): it names none of both.
    Mark(NO_BACKEND, "the words of Traefik", _NO_BACKEND, body=said(r"\Ano available server\s*\Z")),
    Mark(NO_BACKEND, "the words of Kong", _NO_BACKEND,
         body=said("an invalid response was received from the upstream server|the upstream server is timing out")),
    # A proxy names itself on what it passes on, too.
    Mark(NO_BACKEND, "Server: {name}", (502, 504), "server",
         said("(?P<name>caddy|nginx|openresty|envoy|traefik|haproxy|awselb|varnish|apache|kong|akamai|cloudfront)"),
         form=BARE),
    *NOTICES,
    Mark(LOGIN, "OAuth2 Proxy", (401, 403), form=OPEN,
         body=said(r"action=[\"']?[^\"'\s>]{0,200}/oauth2/(?:start|sign_in)\b")),
    Mark(LOGIN, "a field for a password", body=_PASSWORD_FIELD),
    Mark(LOGIN, "the words of its page", body=said(
        r"<title[^>]{0,80}>[^<]{0,80}(?:\blog ?in\b|\bsign ?in\b|anmelden|single sign-on)"
    )),
    # The pages of a web server itself: nothing behind it was asked.
    Mark(SERVER_PAGE, "an error of an object storage: {name}", ERRORS,
         body=said(r"\A\s*(?:<\?xml[^>]{0,60}\?>\s*)?<Error>\s*<Code>(?P<name>\w{1,60})</Code>")),
    Mark(SERVER_PAGE, "nginx's words for a request without the certificate of a client", (400,),
         body=said("no required ssl certificate was sent|the ssl certificate error")),
    Mark(SERVER_PAGE, "a page of {name}", ERRORS,
         body=said(r"<hr>\s*<center>(?P<name>nginx|openresty|tengine|angie|cloudflare|microsoft-azure)[^<]{0,40}</center>")),
    Mark(SERVER_PAGE, "its words for a request without TLS", (400,),
         body=said("client sent an HTTP request to an HTTPS")),
    Mark(SERVER_PAGE, "ingress-nginx's words for a request without a route", (404,),
         body=said(r"\Adefault backend - 404")),
    Mark(SERVER_PAGE, "a page of Apache", ERRORS, body=said(r"<address>Apache[^<]{0,80}</address>")),
    Mark(SERVER_PAGE, "Server: {name}, and no route", (404,), "server", said("(?P<name>caddy)"), said(r"\A\s*\Z")),
    Mark(SERVER_PAGE, "Traefik's words for a request without a route", (404,), body=said(r"\A404 page not found\n\Z")),
    Mark(SINGLE_PAGE, "an empty root element", range(200, 300), body=said(
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


def _fits(mark: Mark, answer: HttpAnswer) -> str:
    """By what the mark fits; empty where it does not."""
    if answer.status not in mark.statuses:
        return ""
    if mark.header and mark.header not in answer.headers:
        return ""
    if mark.asked and answer.method and answer.method not in mark.asked:
        return ""
    if (mark.form == OPEN and not _is_open(answer)) or (mark.form == BARE and not _is_bare(answer)):
        return ""
    names: dict[str, str] = {}
    body = _seen(answer.body) if mark.seen else answer.body
    for words, text in ((mark.value, answer.headers.get(mark.header, "")), (mark.body, body)):
        match = words.search(text) if words else None
        if words and not match:
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
_SHOWS = said("<(?:img|svg|video|form|input|button|iframe|frame|object|embed)\\b")
_REFRESH = said(
    r"<meta[^>]{1,80}http-equiv=[\"']?refresh[^>]{0,80}content=[\"']?\s*\d*\s*[;,]\s*(?:url\s*=)?\s*[\"']?(?P<url>[^\"'>\s]{1,300})"
)
_UNSEEN = re.compile(r"(?is)<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)")


def _seen(body: str) -> str:
    """The words of a page that its reader sees: without scripts and tags."""
    return _UNSEEN.sub(" ", body)
