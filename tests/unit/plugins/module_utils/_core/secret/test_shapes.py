"""Secrets that are known by their shape."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.shapes import without_shapes

from ..redaction_corpus import HEX32, MIX

UUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def encoded(kind: str) -> str:
    return base64.b64encode(f"-----BEGIN {kind}-----\nMIIEowIBAAKCAQEA\n".encode()).decode()


@pytest.mark.parametrize(
    "secret",
    [
        f"xoxd-{MIX}", f"v2.local.{MIX}.{MIX}", f"v4.public.{MIX}{MIX}", f"SK{HEX32}", f"{HEX32}-us12", f"HRKU-{UUID}",
        f"xkeysib-{HEX32}{HEX32}-{MIX[:16]}", f"eyJrIjoi{MIX}", f"IQoJb3JpZ2lu{MIX}", f"AKCp8{MIX}{MIX}",
        f"phx_{MIX}{MIX}",
        f"dp.pt.{MIX}{MIX}", f"{MIX[:14]}.atlasv1.{MIX}{MIX}", f"fm2_{MIX}", f"pul-{HEX32}01234567", f"1//0g{MIX}",
        f"MTE4NjQ1Njc4OTAxMjM0NTY3.GabCdE.{MIX}abcdefghijklmn", f"abc8Q~{MIX}abcdefgh", f"secret-token:{MIX}",
        f"v1.0-{HEX32[:24]}-{HEX32 * 4}", f"$apr1$salt1234${MIX}", f"$P$B{MIX}abcdefghi", f"{{PBKDF2-SHA512}}{MIX}",
        f"access_token$production$abc${HEX32}", *map(encoded, ("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY")),
        *map(encoded, ("OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "DSA PRIVATE KEY")),
    ],
)  # fmt: skip
def test_a_secret_goes_wherever_it_stands(secret):
    assert without_shapes(f"got {secret} from it").replace("{PBKDF2-SHA512}", "") == "got (hidden) from it"
    assert secret.partition("}")[2] or secret not in without_shapes(f'{{"a":"{secret}"}}')


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (f"https://discord.com/api/v10/webhooks/12/{MIX}", "https://discord.com/api/v10/webhooks/12/(hidden)"),
        (f"https://hooks.zapier.com/hooks/catch/12/{MIX[:7]}/", "https://hooks.zapier.com/hooks/catch/12/(hidden)"),
        (f"https://hooks.slack-gov.com/services/T/B/{MIX}", "https://hooks.slack-gov.com/services/(hidden)"),
        (
            f"https://events.pagerduty.com/integration/{HEX32}/enqueue",
            "https://events.pagerduty.com/integration/(hidden)",
        ),
        (f"https://hc-ping.com/{UUID}", "https://hc-ping.com/(hidden)"),
        (f"https://maker.ifttt.com/trigger/x/with/key/{MIX}", "https://maker.ifttt.com/trigger/x/with/key/(hidden)"),
    ],
)
def test_what_lets_post_to_a_webhook_goes(address, kept):
    assert without_shapes(f"POST {address} 200") == f"POST {kept} 200"


@pytest.mark.parametrize(
    "text",
    [
        encoded("CERTIFICATE"), encoded("PUBLIC KEY"), f"etag {HEX32}", f"sha256:{HEX32}{HEX32}", UUID, "v1.0.0-rc1",
        "v2.local build", "version v4.public", "SKU12", "us-east-1", f"{HEX32}-use", "dp.points=3",
        "eyJ", "phc_count=12",
        "discord.com/api/webhooks", "https://hooks.example.org/healthz", "M1234.abc.def", "1//0", "$PATH$HOME",
        "{MD5}",
    ],
)  # fmt: skip
def test_other_shapes_stay(text):
    assert without_shapes(text) == text


LONG = MIX * 4
RANDOM = "7xKQ2mZp9RtV4bWc8NhY3fLd6GsJ1aEu5To0iB"
LOWER = "ab3def6hij9lmn2pqr5tuv8x"


@pytest.mark.parametrize(
    "secret",
    [
        f"glwt-{MIX}", f"glrtr-{MIX}", f"GR1348941{MIX[:20]}", f"ATBB{MIX}{MIX[:8]}", f"BBDC-{MIX}{MIX[:20]}",
        f"ABSK{LONG}==", f"bedrock-api-key-{LONG}", f"A3-{LOWER[:6].upper()}{'-AB12C' * 5}", f"AQ.Ab8{LONG}",
        f"AQE{LOWER[:2]}{LONG}-AB=", f"{'A' * 21}{LONG}", f"CCIPAT_{MIX}_{HEX32}", f"FLWSECK_TEST-{HEX32}-X",
        f"IGQVJ{LONG}", f"apify_api_{MIX}{MIX[:12]}", f"api_org_{MIX}{MIX[:10]}", f"bkaj_{MIX}", f"cio{MIX}{MIX[:8]}",
        f"cmVmdGtu{MIX}{MIX}{MIX[:8]}", f"cal_live_{HEX32}", f"cfut_{MIX}{MIX}", f"csk-{LOWER}{LOWER}",
        f"duffel_live_{MIX}{MIX}", f"ddp_{MIX}{MIX[:12]}", f"dose{HEX32}", f"dbtc_{MIX}{MIX}", f"dG9rOj{MIX}{MIX}",
        f"essu_{MIX}{MIX}", f"eyJhIjoi{LONG}", f"fc-{HEX32}", f"fio-u-{MIX}{MIX}", f"hcaik_{LONG}", f"jina_{MIX}{MIX}",
        f"klarna_live_api_{MIX}", f"lin_oauth_{HEX32}{HEX32}", f"live_{HEX32}012", f"live_{MIX}{MIX[:6]}",
        f"mlsn.{HEX32}{HEX32}", f"nfp_{MIX}{MIX[:12]}", f"napi_{LOWER}{LOWER}", f"ory_at_{MIX}.{MIX}",
        f"oauth:{LOWER}{LOWER[:6]}", f"pcsk_{MIX}_{MIX}", f"pat{MIX[:14]}.{HEX32}{HEX32}", f"p8e-{MIX}{MIX[:8]}",
        f"pnu_{MIX}{MIX[:12]}", f"pk_1234567_{MIX.upper()}{MIX.upper()[:8]}", f"pdl_live_apikey_{LOWER}_{MIX}",
        f"re_{MIX[:8]}_{MIX}", f"rdme_xn8s9h{LOWER}{LOWER}{LOWER}", f"sqp_{HEX32}01234567", f"snyk_uat.{MIX}.{MIX}",
        f"shippo_live_{HEX32}01234567", f"sb_secret_{MIX}", f"sk_{HEX32}0123456789abcdef", f"sup_sk_{MIX}",
        f"sl.u.{LONG}{MIX}", f"sha256~{MIX}{MIX[:19]}", f"signkey-prod-{HEX32}", f"secret-live-{MIX}{MIX}=",
        f"sdk-{UUID}", f"tfp_{MIX}{MIX}", f"tvly-dev-{MIX}", f"tgp_v1_{MIX}{MIX}", f"tr_prod_{MIX}",
        f"tk_{LOWER}{LOWER[:5]}", f"vercel_blob_rw_{MIX}", f"vcp_{MIX}", f"wandb_v1_{MIX}{MIX}", f"xau_{MIX}{MIX}",
        f"xapt-{UUID}", f"y0_{MIX}{MIX}{MIX}", f"00D{MIX[:12]}!{LONG}", f"2/1200000000000000:{HEX32}",
        f"0.{UUID}.{MIX}{MIX[:6]}:{MIX}==", f"{HEX32}-0123abcd-4567cdef", f"{LONG[:76]}AZDOab12",
        f"{LONG[:52]}JQQJ99{LONG[:26]}",
        f"shpua_{HEX32}", f"sntrya_{HEX32}", f"dkea{HEX32}", f"AGE-SECRET-KEY-PQ-1{MIX.upper()}", f"xwfp-{MIX}",
        f"sk.eyJ1Ijoi{MIX}.{MIX}", f"sk_org_live_{MIX}", f"ek_test_{MIX}", f"acct_1N_secret_{MIX}", f"phs_{MIX}{MIX}",
        f"access-sandbox-{UUID}", f"rzp_live_{MIX[:14]}", f"e2b_{HEX32}01234567", f"BSA{MIX}abc", f"ctx7sk-{UUID}",
        f"key_{HEX32}{HEX32}", f"pa-{MIX}{MIX[:19]}", f"ddapp_{RANDOM}", f"zz9_{RANDOM}ab", f"RWRTY0Iy{LONG}==",
        f"{LONG[:44]}AzFuab12CQ==", f"{LONG[:76]}+AStab12CQ==", f"b3BlbnNzaC1rZXktdjEAAAAABG5v{MIX}==",
    ],
)  # fmt: skip
def test_a_token_of_a_present_provider_goes(secret):
    assert without_shapes(f"got {secret} from it").replace("-X", "") == "got (hidden) from it"


@pytest.mark.parametrize(
    "text",
    [
        "ATBBS", "api_org_unit", "API-GATEWAY", "cio events", "cal_live_view", "csk-1", "dbtc_run",
        "duffel_live_mode", "fc-cache: ok",
        "fio-u-1", "fw_rules_loaded", "jina_search", "klarna_live_mode", "live_connections_total",
        "live_2026-11-27_stream", "md-raid",
        "nfs_mounted", "oauth:callback", "ory_kratos", "patch", "pat_session", "pnu_x", "pk_orders", "re_path",
        "re_compile_pattern_again",
        "rdme_count", "sqs_queue_depth", "sb_secretary", "sk_1", "sl.py", "sess-12", f"sha256:{HEX32}{HEX32}",
        "secret-santa", "sdk-2.1",
        "tk_inter", "tr_prod", "vcpu", "vcp_count", "xau", "y1_axis_label", "00Done", f"1/2:{HEX32}",
        f"{HEX32}-0123abcd", "AzFunctions",
        "a+Ab", "POST /api/push/subscribe", "POST /api/push/2", "healthchecks.io/docs", "t1.micro", "pat-1",
        "A3-paper", "KEY1", "K001",
        "test_payment_succeeds_after_3_retries", "test_mode", "key_exchange", "access-sandbox-1", "rzp_test_mode",
        f"zz9_{RANDOM[:24]}", f"evt_{RANDOM[:26]}", f"trace_{HEX32}", f"cs_test_{MIX}", f"resp_{HEX32}{HEX32}",
        "handler_CreateBookingForCustomerWithVersion2AndRetry3And4", "ek_test", "e2b_sandbox", "pa-system", "BSA-2026",
    ],
)  # fmt: skip
def test_names_that_begin_like_a_token_stay(text):
    assert without_shapes(text) == text


def test_what_lets_report_a_heartbeat_goes():
    kept = "GET https://up.example.org/api/push/(hidden)"
    assert without_shapes(f"GET https://up.example.org/api/push/{MIX[:10]}?status=up") == kept
    kept = "POST https://a.grafana.net/oncall/integrations/v1/alertmanager/(hidden)"
    assert without_shapes(f"POST https://a.grafana.net/oncall/integrations/v1/alertmanager/{MIX}/") == kept
