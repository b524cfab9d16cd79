"""Units of sizes."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.units import MIB


def test_a_mebibyte_is_in_bytes_and_binary():
    assert (MIB, 512 * MIB, MIB // 1024) == (1_048_576, 536_870_912, 1024)
