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
