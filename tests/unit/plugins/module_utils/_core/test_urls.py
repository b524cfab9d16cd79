"""Addresses of the web."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.urls import base_url_of


@pytest.mark.parametrize(
    ("url", "door"),
    [
        ("https://hooks.example.org/services/SECRET?x=1", "https://hooks.example.org/"),
        ("http://user:secret@h:8080/x", "http://h:8080/"),
        ("https://[::1]:9/x", "https://[::1]:9/"),
        ("https://[::1", ""),
        ("https://h:port/", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_the_door_of_an_address(url, door):
    assert base_url_of(url)[1] == door
