# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Refuses a run without hosts, with misspelt variables or with changed answers. Documentation: modules/check_run.py.

Inventory and extra variables are read where they are set, so that facts, results and defaults of roles are none of them.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, Sequence

from ansible.errors import AnsibleError
from ansible.utils.collection_loader._collection_config import AnsibleCollectionConfig
from ansible.utils.path import unfrackpath
from ansible.vars.plugins import get_vars_from_inventory_sources, get_vars_from_path
from ansible_collections.pafar.runbook.plugins.module_utils._run import changed_answers, replaced, selected, typed
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import called
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_keys import VARIABLES
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import PREFIXES
from ansible_collections.pafar.runbook.plugins.module_utils._run.matched_hosts import (
    HOSTS,
    Inventory,
    measured_here,
    unedited,
    why_no_host,
    without_effect,
)
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_keys import unknown_keys
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import (
    CheckedRun,
    Own,
    UnknownName,
    refusal,
    said_of,
    texts_in,
    unknown_names,
)
from ansible_collections.pafar.runbook.plugins.module_utils._run.wrong_values import (
    WrongValue,
    said_of_values,
    wrong_values,
)
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.pafar.runbook.plugins.plugin_utils._marked_texts import written
from ansible_collections.pafar.runbook.plugins.plugin_utils._role_texts import texts_of_role
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import (
    configured,
    extra_options,
    invocation,
    selected_tags,
)

_JOBS = ("awx_job_id", "tower_job_id")  # of AWX, which hands stats of a job to the next one of a workflow
tag_of: Callable[[Any], Any] | None = None
try:
    from ansible._internal._datatag import _tags

    tag_of = _tags.Origin.get_tag
except ImportError:  # ansible-core before 2.19 keeps the place of a value in the value
    pass


class ActionModule(ControllerAction):
    """Checks the hosts and the variables of a run; no connection to a host."""

    arguments = {
        "pattern": {"type": "str", "default": ""},
        "whole_inventory": {"type": "bool", "default": False},
        "fixed": {"type": "dict"},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        if args["fixed"] is not None:  # later in a run, which was checked at its beginning
            replacing = replaced.refusal(args["fixed"], self._extra)
            none: CheckedRun = {"hosts": [], "unknown": [], "called": called(invocation())}
            return {**none, **({"failed": True, "msg": replacing} if replacing else {})}
        left_out_by = selected.why_unselected(*selected_tags(), self._task.tags)
        if left_out_by:
            whole: CheckedRun = {"hosts": [], "unknown": [], "called": called(invocation())}
            if invocation().of_site:  # of which another part is meant to run
                return {**whole}
            return {**whole, "failed": True, "msg": selected.refusal(left_out_by)}
        changed = changed_answers.changed_answers(written(extra_options(), self._loader), self._extra)
        if changed:
            return {"failed": True, "msg": changed_answers.refusal(changed)}
        left_out = typed.refusal(self._extra)
        if left_out:
            return {"failed": True, "msg": left_out}
        pattern = args["pattern"]
        hosts = self._matching(pattern) if pattern else self._inventory.get_hosts("all")
        if pattern and not hosts:
            return {"failed": True, "msg": why_no_host(pattern, self._described(pattern))}
        problem = unedited({str(host.name): self._addresses(str(host.name)) for host in hosts}) if pattern else ""
        if problem:
            return {"failed": True, "msg": problem}
        everywhere = args["whole_inventory"]
        groups = [*self._inventory.groups.values()] if everywhere else self._groups_of(hosts)
        entities = [*groups, *(self._inventory.hosts.values() if everywhere else hosts)]
        given = self._given(entities)
        if HOSTS in given and HOSTS not in self._extra:
            return {"failed": True, "msg": without_effect(_place(HOSTS, given) or self._owners(HOSTS, entities))}
        sources = [self._extra, *({**each.vars, **self._from_files([each])} for each in entities)]
        unknown, keys = self._unknown(given, entities), self._unknown_keys(sources)
        # A run goes on: what reads the variable refuses the key too, and a misspelt channel keeps no page from a person.
        unknown, warned = ([*unknown, *keys], []) if everywhere else (unknown, keys)
        wrong = self._wrong_values(sources)
        refused = [each for each in wrong if everywhere or each["refused"]]
        odd = [each for each in wrong if each not in refused]
        names = [str(host.name) for host in hosts]
        report: CheckedRun = {"hosts": names, "unknown": unknown, "called": called(invocation())}
        warnings = [f"Unknown keys: {said_of(warned)}"] if warned else []
        warnings += [f"Wrong values: {said_of_values(odd)}"] if odd else []
        here = measured_here(invocation().name, {name: self._reached(name) for name in names})
        warnings += [here] if here else []
        why = [refusal(unknown)] if unknown else []
        why += (
            [f"Wrong values: {said_of_values(refused)} Nothing was done. Correct them and run it again."]
            if refused
            else []
        )
        return {
            **report,
            **({"warnings": warnings} if warnings else {}),
            **({"failed": True, "msg": " ".join(why)} if why else {}),
        }

    @property
    def _extra(self) -> Mapping[str, Any]:
        extra: Mapping[str, Any] = self.task_vars["hostvars"]._variable_manager.extra_vars
        return extra

    @property
    def _inventory(self) -> Any:
        return self.task_vars["hostvars"]._inventory

    def _matching(self, pattern: str, **ignored: bool) -> list[Any]:
        try:
            return list(self._inventory.get_hosts(pattern, **ignored))
        except AnsibleError:  # a site may have it that a pattern without a host is an error
            return []

    def _addresses(self, host: str) -> list[str]:
        """Where Ansible and PostgreSQL are reached for a host, as far as that is no template."""
        known = self.task_vars["hostvars"].raw_get(host)
        postgres = known.get("runbook_postgres")
        logins = [postgres.get(key) for key in ("login_host", "host")] if isinstance(postgres, Mapping) else []
        return [str(address) for address in (known.get("ansible_host"), *logins) if address]

    def _reached(self, host: str) -> tuple[str, list[str]]:
        """The connection of a host and the addresses of its PostgreSQL, as far as they are no templates."""
        known = self.task_vars["hostvars"].raw_get(host)
        postgres = known.get("runbook_postgres") if "database" in known.get("group_names", ()) else None
        logins = [postgres.get(key) for key in ("login_host", "host")] if isinstance(postgres, Mapping) else []
        named = [str(address) for address in logins if address and "{{" not in str(address)]
        return str(known.get("ansible_connection") or ""), named

    def _described(self, pattern: str) -> Inventory:
        inventory = self._inventory
        return Inventory(
            sources=[str(source) for source in inventory._sources if source],
            groups={name: len(group.get_hosts()) for name, group in inventory.groups.items()},
            hosts=[str(name) for name in inventory.hosts],
            limited=[host.name for host in self._matching(pattern, ignore_limits=True, ignore_restrictions=True)],
            limit=str(self.task_vars.get("ansible_limit") or ""),
        )

    @staticmethod
    def _groups_of(hosts: Iterable[Any]) -> list[Any]:
        groups = {group.name: group for host in hosts for group in host.get_groups()}
        return list(groups.values())

    def _given(self, entities: Sequence[Any]) -> dict[str, Any]:
        """The variables of groups and hosts, and the extra variables."""
        given = {name: value for entity in entities for name, value in entity.vars.items()}
        return {**given, **self._from_files(entities), **self._extra}

    def _unknown(self, given: dict[str, Any], entities: Sequence[Any]) -> list[UnknownName]:
        extra = self._extra
        own = [str(name) for name in _as_list(given.get("runbook_own_variables"))]
        in_awx = any(name in extra for name in _JOBS)
        names = [str(name) for name in given]
        unknown = unknown_names(names, Own(own, typed=extra, in_awx=in_awx))
        if not unknown:
            return []
        # Only now, since it is slow: what the site has that is not ours.
        texts = [text for value in given.values() for text in texts_in(value)]
        roles = self._own_roles()
        texts += [
            text
            for role, folder in roles
            if role in PREFIXES
            for text in texts_of_role(unfrackpath(folder), self._loader)
        ]
        named = (each["name"] for each in unknown)
        unknown = unknown_names(named, Own(own, [role for role, dummy in roles], texts, extra, in_awx))
        for each in unknown:
            if each["name"] in extra:
                each["place"] = "extra variable"
            else:
                each["place"] = _place(each["name"], given) or self._owners(each["name"], entities)
        return unknown

    def _unknown_keys(self, sources: Sequence[Mapping[str, Any]]) -> list[UnknownName]:
        """Each once, also where several hosts or groups have it."""
        found: dict[str, UnknownName] = {}
        for variables in sources:
            for name in sorted(VARIABLES & {*variables}):
                for unknown in unknown_keys(name, variables[name]):
                    unknown["place"] = self._place_in(variables, name)
                    found.setdefault(unknown["name"], unknown)
        return [found[name] for name in sorted(found)]

    def _wrong_values(self, sources: Sequence[Mapping[str, Any]]) -> list[WrongValue]:
        """Each once. What an extra variable replaces has no effect."""
        found: dict[tuple[str, str], WrongValue] = {}
        extra = self._extra
        for variables in sources:
            rest = (
                variables if variables is extra else {name: variables[name] for name in variables if name not in extra}
            )
            for wrong in wrong_values(rest, typed=variables is extra):
                wrong["place"] = self._place_in(variables, wrong["name"].partition(".")[0].partition("[")[0])
                found.setdefault((wrong["name"], wrong["why"]), wrong)
        return [found[key] for key in sorted(found)]

    def _place_in(self, variables: Mapping[str, Any], name: str) -> str:
        return "extra variable" if variables is self._extra else _place(name, dict(variables))

    def _from_files(self, entities: Sequence[Any]) -> dict[str, Any]:
        """group_vars, host_vars and what other plugins of that kind read, beside the inventory and the playbook."""
        found = get_vars_from_inventory_sources(self._loader, self._inventory._sources, entities, "all")
        found = {**found, **get_vars_from_inventory_sources(self._loader, self._inventory._sources, entities, "task")}
        folder = self.task_vars.get("playbook_dir")
        if folder:
            found = {**found, **get_vars_from_path(self._loader, folder, entities, "task")}
        return found

    def _owners(self, name: str, entities: Sequence[Any]) -> str:
        for entity in entities:
            if name in entity.vars or name in self._from_files([entity]):
                return f"of {entity.name}"
        return ""

    def _own_roles(self) -> list[tuple[str, str]]:
        """Names of the roles that are there and not of this collection, with their folders."""
        near = [f"{self.task_vars.get(folder) or '.'}/roles" for folder in ("playbook_dir", "inventory_dir")]
        near += [
            unfrackpath("roles"),
            f"{self.task_vars.get('inventory_dir') or '.'}/../roles",
            *configured("DEFAULT_ROLES_PATH"),
        ]
        folders = [folder for folder in dict.fromkeys(near) if not self._is_ours(folder)]
        for path in AnsibleCollectionConfig.collection_paths:
            root = f"{path}/ansible_collections" if not path.endswith("ansible_collections") else path
            collections = [
                f"{space}/{name}" for space in self._listed(root) for name in self._listed(f"{root}/{space}")
            ]
            folders += [f"{root}/{collection}/roles" for collection in collections if collection != "pafar/runbook"]
        return sorted((name, f"{folder}/{name}") for folder in folders for name in self._listed(folder))

    def _is_ours(self, folder: str) -> bool:
        """Whether a folder of roles is that of this collection, in a clone or installed."""
        return bool(self._loader.path_exists(f"{folder}/unblock_sessions/meta/argument_specs.yml"))

    def _listed(self, folder: str) -> list[str]:
        path = unfrackpath(folder)
        return sorted(self._loader.list_directory(path)) if self._loader.is_directory(path) else []


def _as_list(given: Any) -> list[Any]:
    """A text is a list, too, with commas between the names."""
    return [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given or ())


def _place(name: str, given: dict[str, Any]) -> str:
    """The file and the line in which a variable is set, where Ansible kept them."""
    path, line = "", None
    for value in [*(key for key in given if key == name), given[name]]:
        origin = tag_of(value) if tag_of else None
        if origin is not None and origin.path:
            path, line = origin.path, origin.line_num
        elif not tag_of and getattr(value, "ansible_pos", None):
            path, line, dummy = value.ansible_pos
        if path:
            break
    here = unfrackpath(".")
    short = path[len(here) + 1 :] if path.startswith(f"{here}/") else path
    return f"{short}, line {line}" if short and line else short
