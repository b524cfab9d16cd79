# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marks of firewalls, and of what keeps robots from a site. Pure.

Sources: Cloudflare "Detect a Challenge Page response" (cf-mitigated); AWS WAF "Challenge and CAPTCHA actions"
(x-amzn-waf-action); the pages of the others as they send them.
"""

from __future__ import annotations

from .mark import BARE, CHALLENGE, ERRORS, OPEN, WRONG_HOST, Mark, said

FIREWALLS = (
    # Firewalls and bot protection.
    Mark(CHALLENGE, "cf-mitigated", header="cf-mitigated"),
    Mark(CHALLENGE, "x-amzn-waf-action", header="x-amzn-waf-action"),
    Mark(CHALLENGE, "x-vercel-mitigated", header="x-vercel-mitigated"),
    Mark(CHALLENGE, "Anubis",
         body=said(r"id=[\"']?anubis_(?:challenge|version)\b|/\.within\.website/x/(?:xess|cmd/anubis)/")),
    Mark(CHALLENGE, "Akamai", body=said(r"id=[\"']?sec-if-cpt-container|\"sec-cp-challenge\"")),
    Mark(CHALLENGE, "Imperva", body=said(r"<title>\s*pardon our interruption\b")),
    Mark(CHALLENGE, "DDoS-Guard", body=said(r"/\.well-known/ddos-guard/js-challenge")),
    Mark(CHALLENGE, "HUMAN", (403, 429), body=said(r"id=[\"']?px-captcha|\"blockscript\"\s*:\s*\"[^\"]{0,200}captcha")),
    Mark(CHALLENGE, "Kasada", (403, 429), body=said(r"window\.kpsdk\b")),
    Mark(CHALLENGE, "DataDome", (401, 403, 405, 429), "x-datadome", body=said(r"captcha-delivery\.com|datadome")),
    Mark(CHALLENGE, "Sucuri", (403, 503), "x-sucuri-block"),
    Mark(CHALLENGE, "Sucuri", (403, 503), "server", said("sucuri"), said("sucuri")),
    Mark(CHALLENGE, "Imperva", body=said(r"incapsula incident id|id=[\"']?main-iframe[\"']? src=[\"']?/_incapsula")),
    # It also adds its script to pages that it passes on: its own has nothing else.
    Mark(CHALLENGE, "Imperva", (403, 503), "x-iinfo", body=said(
        r"\A(?=[\s\S]{0,4000}/_incapsula_resource)(?![\s\S]{0,4000}<script(?![^>]{0,400}_incapsula_resource))"
        r"(?:\s*<[^>]{1,600}>){1,30}\s*\Z"
    )),
    Mark(CHALLENGE, "Azure", (403,), "server", said("azure-application-gateway"), form=BARE),
    Mark(CHALLENGE, "Azure, by x-azure-ref", (403,), "x-azure-ref",
         body=said("request is blocked|services aren't available")),
    Mark(CHALLENGE, "Bunny", (403,), "server", said("bunnycdn"), said("<h1>403")),
    Mark(CHALLENGE, "the title of its page",
         body=said(r"<title>\s*(?:just a moment\.\.\.|attention required!\s*\| cloudflare)")),
    # Cloudflare adds a script of its own to pages that it passes on (challenge-platform/scripts/jsd).
    Mark(
        CHALLENGE, "Cloudflare", (403, 429, 503), "server", said("cloudflare"),
        said(r"challenge-platform/(?!scripts/jsd)|cf-chl-|_cf_chl_|you have been blocked|\Aerror code: 10(?!16)\d\d\b"),
    ),
    Mark(CHALLENGE, "Akamai", (403,), "server", said("akamai"), form=BARE),
    Mark(CHALLENGE, "Akamai, by its reference", (403,),
         body=said(r"<title>\s*access denied[^@]{0,600}(?:reference(?:\s|&#32;)*(?:#|&#35;)|errors\.edgesuite)")),
    Mark(CHALLENGE, "a load balancer of AWS", (403,), "server", said("awselb")),
    Mark(CHALLENGE, "CloudFront", (403,), "server", said("cloudfront"),
         said("request blocked|could not be satisfied|this distribution is not")),
    Mark(WRONG_HOST, "Fastly", ERRORS, body=said("fastly error: unknown domain")),
    Mark(CHALLENGE, "ModSecurity", (403, 406), body=said(r"mod_?security|<(?:title|h1)>\s*(?:406 )?not acceptable")),
    Mark(CHALLENGE, "F5", body=said("the requested URL was rejected. please consult with your administrator")),
    Mark(CHALLENGE, "{name}", (403, 406, 503), body=said(
        r"(?P<name>Imunify360|Wordfence|FortiGuard|FortiWeb|Barracuda|SiteGround Security|Sucuri WebSite Firewall)"
    )),
    Mark(
        CHALLENGE, "the words of its page", (401, 403, 429, 503), form=OPEN, seen=True,
        body=said(
            r"\b(?:solve|complete|enter|pass|fill in|answer)\b[^.<]{0,40}captcha"
            r"|captcha\b[^.<]{0,30}\b(?:required|continue|proceed)|web application firewall"
            r"|verify (?:that )?you(?:['\u2019]re| are) (?:a )?human\b|checking your browser"
            r"|access denied by security policy"
        ),
    ),
)  # fmt: skip
