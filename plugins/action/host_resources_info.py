# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module on its host; one that is not reached is a failed step. ``meta/runtime.yml`` names it for every module of
which a playbook needs the facts or the act. It has the name of one of them, since ansible-test refuses an action plugin
without a module of its name. Documentation: modules/host_resources_info.py."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.plugin_utils._host_action import HostAction


class ActionModule(HostAction):
    """The module, and why its host was not reached."""
