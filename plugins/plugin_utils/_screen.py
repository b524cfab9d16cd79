# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines on the operator's screen, the same from the callback and from the action plugins.

PRIVATE to this collection.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible import constants, context
from ansible_collections.pafar.runbook.plugins.module_utils._core import console
from ansible_collections.pafar.runbook.plugins.module_utils._core.text import harmless
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import Invocation, runnable
from ansible_collections.pafar.runbook.plugins.module_utils._run.wrapped import wrapped
from ansible_collections.pafar.runbook.plugins.plugin_utils._terminal import from_here, width

CALLBACK = "pafar.runbook.summary"
_COLORS = {
    console.GOOD: constants.config.get_config_value("COLOR_OK"),
    console.CARE: constants.config.get_config_value("COLOR_CHANGED"),
    console.BAD: constants.config.get_config_value("COLOR_ERROR"),
    # Plain: the colours of lesser messages (dark blue, grey) cannot be read on every terminal.
    console.DIM: None,
    console.PLAIN: None,
}
# Callbacks whose output is for programs: a line between theirs would make it unreadable.
_FOR_PROGRAMS = ("json", "jsonl")


def configured(name: str) -> Any:
    """The value of a setting of Ansible, from its configuration or the environment."""
    return constants.config.get_config_value(name)


def for_people() -> bool:
    """Whether the run's output is read by people."""
    return str(configured("DEFAULT_STDOUT_CALLBACK")).rpartition(".")[2] not in _FOR_PROGRAMS


def callback_is_on() -> bool:
    """Whether the callback shows the results, so that the action plugins need not."""
    return CALLBACK in (configured("CALLBACKS_ENABLED") or ())


def invocation(incident: str = "") -> Invocation:
    """How this run was called."""
    given = context.CLIARGS
    args = given.get("args") or ()
    playbooks = args if isinstance(args, (list, tuple)) else ()  # `ansible` has a pattern of hosts there
    sources = [str(source) for source in given.get("inventory") or ()]
    usual = [str(source) for source in configured("DEFAULT_HOST_LIST") or ()]
    return Invocation(
        playbook=str(playbooks[0]) if playbooks else Invocation.playbook,
        inventories=[] if sources == usual else [from_here(source) for source in sources],
        limit=str(given.get("subset") or ""),
        extra=[str(each) for each in given.get("extra_vars") or ()],
        incident=incident,
    )


def incident_of(task_vars: Mapping[str, Any]) -> str:
    """The incident that the run writes to: with its first event it may have joined one that another run had opened."""
    written = task_vars.get("incident_written")
    joined = written.get("id") if isinstance(written, Mapping) else ""
    return str(joined or task_vars.get("incident_name", ""))


def show(display: Any, host: str, lines: Iterable[console.Line], incident: str = "") -> None:
    """Show lines under the name of their host; an empty name: of the whole run."""
    if not for_people():
        return
    call, columns = invocation(incident), width()
    head = f"  {host} | " if host else "  "
    for kind, text in lines:
        for line in wrapped(runnable(harmless(text), call), columns - len(head) if columns else None):
            display.display(f"{head}{line}", color=_COLORS[kind])
