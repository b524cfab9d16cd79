"""Access logs as text: who, what, which answer."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.access_line import access_fields

AT = "[24/Nov/2026:02:40:04 +0000]"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (f'10.0.0.1 - - {AT} "GET / HTTP/1.1" 200 5', {"client": "10.0.0.1", "status": 200, "bytes": 5}),
        (f'a.example 10.0.0.1 - ada {AT} "GET / HTTP/1.1" 200 5', {"vhost": "a.example", "user": "ada"}),
        (f'a.example:80 2001:db8::1 - - {AT} "GET / HTTP/1.1" 200 5', {"client": "2001:db8::1"}),
        (f'10.0.0.1, 10.0.0.2, 10.0.0.3 - - {AT} "GET / HTTP/1.1" 200 5', {"client": "10.0.0.1"}),
        (f'10.0.0.1 - Ada Lovelace {AT} "GET / HTTP/1.1" 401 5', {"user": "Ada Lovelace", "status": 401}),
        (f'- - - {AT} "-" 400 0', {"status": 400, "method": ""}),
        ("10.0.0.1:5 [24/Nov/2026:02:40:04.123] f b/s 1/0/-1 0 SC 1/1/1/0/0 0/0", {"backend": "b", "server": "s"}),
        ("served", {}), ('"GET / HTTP/1.1" 200 5', {}),
    ],
)  # fmt: skip
def test_the_fields_of_a_request(line, fields):
    found = access_fields(line)
    assert {name: found.get(name) for name in fields} == fields
    assert bool(found) is bool(fields)


REQUEST = f'{AT} "GET / HTTP/1.1" 502 17'


@pytest.mark.parametrize(
    ("before", "who"),
    [
        # Through syslog, with and without the name of the host.
        ("Nov 26 10:00:00 web nginx: 10.0.0.1 - -", {"client": "10.0.0.1"}),
        ("<190>Nov 26 10:00:00 nginx: shop.example 10.0.0.1 - ana",
         {"client": "10.0.0.1", "vhost": "shop.example", "user": "ana"}),
        ("2026-11-26T10:00:00+00:00 web nginx[7]: 2001:db8::1 - -", {"client": "2001:db8::1"}),
        ("<134>1 2026-11-26T10:00:00Z web nginx 7 - - 10.0.0.1 - -", {"client": "10.0.0.1"}),
        ("2026-11-26 10:00:00 INFO 10.0.0.1 - -", {"client": "10.0.0.1"}),
        ("INFO:werkzeug:10.0.0.1 - -", {"client": "10.0.0.1"}),
        # An address that was not given stands as a dash before the others.
        ("- 10.0.0.1 - -", {"client": "10.0.0.1"}), ("- 10.0.0.1 -", {"client": "10.0.0.1"}),
        ("unknown, 10.0.0.1 - -", {"client": "10.0.0.1"}), ("- - -", {}),
        ("10.0.0.1 - - -", {"client": "10.0.0.1"}),
        ("shop.example - 10.0.0.1 - ana", {"client": "10.0.0.1", "vhost": "shop.example", "user": "ana"}),
        # What was right.
        ("10.0.0.1 - Ada Lovelace", {"client": "10.0.0.1", "user": "Ada Lovelace"}),
        ("client.example - ana", {"client": "client.example", "user": "ana"}),
        ("shop.example client.example - -", {"client": "client.example", "vhost": "shop.example"}),
        ("10.0.0.9, 10.0.0.2 - -", {"client": "10.0.0.9", "forwarded": "10.0.0.9, 10.0.0.2"}),
    ],
)  # fmt: skip
def test_the_client_is_an_address_wherever_it_stands(before, who):
    found = access_fields(f"{before} {REQUEST}")
    assert {name: found[name] for name in ("client", "vhost", "user", "forwarded") if name in found} == who
