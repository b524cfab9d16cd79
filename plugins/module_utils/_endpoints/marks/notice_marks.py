# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marks of pages of a person or of a deploy: maintenance, and a web server's default page. Pure."""

from __future__ import annotations

from .mark import DEFAULT_PAGE, MAINTENANCE, Mark, said

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
# The same in French, Spanish, Portuguese and Italian: of the site, or alone.
_SITE = (
    r"(?:(?:notre|ce|le|nuestro|el|nosso|o|nostro|il) )?"
    r"(?:site|sitio|sito|p[a\u00e1]gina|boutique|tienda|loja|portail|portal)"
    r"(?: (?:web|internet))?(?: (?:est|est[a\u00e1]|\u00e9|\u00e8))?(?: (?:actuellement|temporairement))? "
)
_IN_MAINTENANCE = (
    rf"(?:{_SITE})?(?:en(?: cours de)? maintenance|en mantenimiento|em manuten(?:\u00e7\u00e3|ca)o|in manutenzione)"
    r"|maintenance en cours"
)
_WARTUNG = r"wartungs(?:arbeit(?:en)?|modus|seite)"
NOTICES = (
    # Pages of a person or of a deploy.
    Mark(MAINTENANCE, "Retry-After, on a web page", (503,), "retry-after", body=said("<html|<!doctype")),
    Mark(MAINTENANCE, "the words of its page", (503,),
         body=said(r"<(?:title|h1)[^>]{0,80}>[^<]{0,80}(?:maintenance|be right back|back soon|wartung|coming soon)")),
    # With 200 a page may also speak of the maintenance of something, or of what comes soon: the notice is all of it.
    Mark(MAINTENANCE, "the words of its page", (200,), body=said(
        r"<(?:title|h1)[^>]{0,80}>\s*(?:"
        rf"{_FEW_WORDS}{_NOTICE}(?:{_STOP}|{_BACK})|{_US}{_FEW_WORDS}{_NOTICE}(?:{_UNTIL}|{_ASKS})"
        r"|(?:(?:site|system|server|website|scheduled|planned|temporary|ongoing|our|the) ){0,3}"
        rf"maintenance(?:(?: (?:mode|page|in progress|break|works?|underway))?(?:{_END}|{_UNTIL})"
        rf"| (?:mode|in progress|break|underway){_ASKS})"
        rf"|{_FEW_WORDS}be right back(?:{_STOP}|{_SOON})"
        rf"|(?:{_FEW_WORDS}(?:we|site|shop|store)\b[^<]{{0,20}} )?back soon{_STOP}"
        rf"|(?:{_IN_MAINTENANCE}){_END}|coming soon{_END}"
        rf"|(?:[^\s<]{{1,30}}\s+)?{_WARTUNG}(?:{_END}|\s+bis\s[^<]{{0,20}}\d)"
        rf"|{_FEW_WORDS}(?:wegen|aufgrund(?: von)?) (?:\w+ )?{_WARTUNG}\s[^<]{{0,40}}"
        r"(?:geschlossen|offline|nicht (?:verf\u00fcgbar|erreichbar)))"
    )),
    Mark(DEFAULT_PAGE, "{name}", body=said(
        r"<(?:title|h1)[^>]{0,80}>\s*(?P<name>"
        r"welcome to (?:nginx|openresty|angie|tengine)(?: on [\w ]{1,30})?(?:!|(?=\s*<))"
        r"|welcome to (?:litespeed web server|wildfly)\b|glassfish server - server running"
        r"|http server test page powered by|apache2? (?:\w+ )?default page"
        r"|test page for the (?:[\w ]{0,40}\bserver\b|ssl/tls-aware apache)"
        r"|congratulations! your web server|[\w ]{1,30} webserver test page"
        r"|web server's default page|default web site page|apache tomcat/[\d.]+"
        r"|[\w-]{1,60}(?:\.[\w-]{2,30}){1,3}(?: domain(?: name)?)? is for sale|the install worked successfully"
        r"|welcome to your new (?:server|domain|website|droplet|vps|hosting)\b"
        r"|(?:heroku \| )?welcome to your new app!|registrant whois contact information verification"
        r"|this domain is (?:parked|for sale)"
        r"|[\w-]{1,60}(?:\.[\w-]{2,30}){1,3} - this (?:domain(?: name)?|web ?site) is for sale"
        rf"|(?:it works!?|iis(?: windows server|[78])|placeholder page|ruby on rails \d[\d.]{{0,9}}"
        rf"|(?:this )?account (?:has been )?suspended|caddy works!?|welcome to caddy!?|domain default page)(?={_END}))"
    )),
    Mark(DEFAULT_PAGE, "{name}", (200,), body=said(
        r"(?P<name>apache is functioning normally|successfully started the nginx proxy manager)"
    )),
)  # fmt: skip
