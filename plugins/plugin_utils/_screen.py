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
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import Invocation, quoted, runnable
from ansible_collections.pafar.runbook.plugins.module_utils._run.typed import hides
from ansible_collections.pafar.runbook.plugins.module_utils._run.wrapped import wrapped
from ansible_collections.pafar.runbook.plugins.plugin_utils._terminal import (
    exists,
    from_here,
    imported_from,
    playbooks_here,
    width,
)

CALLBACK = "pafar.runbook.summary"
_COLORS = {
    console.GOOD: constants.config.get_config_value("COLOR_OK"),
    console.CARE: constants.config.get_config_value("COLOR_CHANGED"),
    console.BAD: constants.config.get_config_value("COLOR_ERROR"),
    # Plain: the colours of lesser messages (dark blue, grey) cannot be read on every terminal.
    console.DIM: None,
    console.PLAIN: None,
}
# Options of ansible-playbook that say as whom hosts are reached and how vaults are read, and the settings that they
# replace. None has a password: those that ask for one have no value, and a file of one is its path.
_ACCESS = (
    ("-u", "remote_user", "DEFAULT_REMOTE_USER"),
    ("-k", "ask_pass", "DEFAULT_ASK_PASS"),
    ("--connection-password-file", "connection_password_file", "CONNECTION_PASSWORD_FILE"),
    ("--private-key", "private_key_file", "DEFAULT_PRIVATE_KEY_FILE"),
    ("-c", "connection", "DEFAULT_TRANSPORT"),
    ("-T", "timeout", ""),
    ("--ssh-common-args", "ssh_common_args", ""),
    ("--ssh-extra-args", "ssh_extra_args", ""),
    ("--sftp-extra-args", "sftp_extra_args", ""),
    ("--scp-extra-args", "scp_extra_args", ""),
    ("-b", "become", "DEFAULT_BECOME"),
    ("--become-method", "become_method", "DEFAULT_BECOME_METHOD"),
    ("--become-user", "become_user", ""),
    ("-K", "become_ask_pass", "DEFAULT_BECOME_ASK_PASS"),
    ("--become-password-file", "become_password_file", "BECOME_PASSWORD_FILE"),
    ("--ask-vault-pass", "ask_vault_pass", "DEFAULT_ASK_VAULT_PASS"),
    ("--vault-password-file", "vault_password_files", ""),
    ("--vault-id", "vault_ids", ""),
)
# Those that say which part of a playbook runs.
_PART = (
    ("-t", "tags", "TAGS_RUN"),
    ("--skip-tags", "skip_tags", "TAGS_SKIP"),
    ("--start-at-task", "start_at_task", ""),
)
_PLAYBOOKS = "ansible_collections/pafar/runbook/playbooks"
_EVERY_TAG = ["all"]
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


def extra_options() -> list[str]:
    """What was typed behind -e, each."""
    return [str(each) for each in context.CLIARGS.get("extra_vars") or ()]


def selected_tags() -> tuple[list[str], list[str]]:
    """The tags of the steps that run, and of those that do not."""
    chosen = [context.CLIARGS.get(name) or () for name in ("tags", "skip_tags")]
    return [*map(str, chosen[0] or _EVERY_TAG)], [*map(str, chosen[1])]


def _typed(table: Iterable[tuple[str, str, str]]) -> list[str]:
    """The options of a table as they are typed, but for what is configured, and for one that has a secret in it."""
    options = []
    for option, name, setting in table:
        given = context.CLIARGS.get(name)
        values = list(given) if isinstance(given, (list, tuple)) else [given]
        if given and values != _EVERY_TAG and not (setting and values in ([configured(setting)], configured(setting))):
            shown = [each for each in values if "sshpass" not in str(each) and not hides(str(each))]  # a ProxyCommand
            options += [option if each is True else _with_value(option, str(each)) for each in shown]
    return options


def _with_value(option: str, value: str) -> str:
    label, at, path = value.rpartition("@") if option == "--vault-id" else ("", "", value)
    word = quoted(f"{label}{at}{from_here(path)}")
    # What begins with a hyphen would be taken for an option.
    return f"{option}={word}" if value.startswith("-") and option.startswith("--") else f"{option} {word}"


def _is_ours(playbook: str) -> bool:
    """Whether a playbook is one of this collection, by its full name or in its folder, whatever that is called."""
    folder, dummy, name = playbook.rpartition("/")
    is_file = name.endswith((".yml", ".yaml"))
    return exists(f"{folder or '.'}/parts/check_run.yml") if is_file else playbook.startswith("pafar.runbook.")


def _place(playbook: str) -> str:
    """How another playbook of this collection is named: beside this one, or where this run has found the collection."""
    if not playbook or not _is_ours(playbook):
        roots = [
            *configured("COLLECTIONS_PATHS"),
            *(imported_from() if configured("COLLECTIONS_SCAN_SYS_PATH") else ()),
        ]
        if any(exists(f"{str(root).removesuffix('/ansible_collections')}/{_PLAYBOOKS}") for root in roots):
            return "pafar.runbook.{}"
        return f"{from_here(playbooks_here())}/{{}}.yml"
    folder, slash, name = playbook.rpartition("/")
    return f"{folder}{slash}{{}}.yml" if name.endswith((".yml", ".yaml")) else "pafar.runbook.{}"


def invocation(incident: str = "", hosts: str = "") -> Invocation:
    """How this run was called. ``hosts``: those that a next command is about."""
    given = context.CLIARGS
    args = given.get("args") or ()
    playbooks = [*map(str, args)] if isinstance(args, (list, tuple)) else []  # `ansible` has a pattern of hosts there
    sources = [str(source) for source in given.get("inventory") or ()]
    usual = [str(source) for source in configured("DEFAULT_HOST_LIST") or ()]
    return Invocation(
        playbook=playbooks[0] if playbooks else Invocation.playbook,
        inventories=[] if sources == usual else [from_here(source) for source in sources],
        limit=str(given.get("subset") or ""),
        extra=[f"@{from_here(each[1:])}" if each.startswith("@") else each for each in extra_options()],
        incident=incident,
        access=_typed(_ACCESS),
        part=_typed(_PART),
        more=playbooks[1:],
        place=_place(playbooks[0] if playbooks else ""),
        of_site=not all(map(_is_ours, playbooks)),
        hosts=hosts,
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
    call, columns = invocation(incident, host), width()
    head = f"  {host} | " if host else "  "
    for kind, text in lines:
        for line in wrapped(runnable(harmless(text), call), columns - len(head) if columns else None):
            display.display(f"{head}{line}", color=_COLORS[kind])
