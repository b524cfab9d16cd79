# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ran, recorded, and how to come back to it. Pure.

A release is what runs: image ids, replicas and configuration. A git revision alone is none: checking it out changes no
image of a service that is built, and none behind a tag like `latest`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Collection, Iterable, Mapping, Sequence

from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict
from .._core.result import PlannedAct
from .._core.text import counted, some
from .._core.times import stamp
from .acts.kept_data import why_other_data
from .acts.left_alone import against_exchange, left_alone, other_services
from .acts.recovery import Recovery
from .container import PROJECT, SETTLED, Container
from .drain.leftover import Drained, undrain_item
from .health import STARTING, UNCHECKED
from .model import updates_in
from .project import Project
from .project_report import problem_of
from .replicas import short
from .scale import dependencies

FORM = 1  # of the file
PROTECTED = "incident-rollback"  # repository of the names that keep an image from being pruned
TAG, FILE = "tag", "file"
# What may differ between two configurations of one release: how many, and by which name the image goes.
_NOT_CONFIGURATION = ("image", "build", "pull_policy", "scale", "deploy", "depends_on", "profiles")


@dataclass(frozen=True)
class Recorded:
    """One service of a snapshot."""

    image: str
    reference: str
    replicas: int
    hash: str
    created: str = ""
    mixed: tuple[str, ...] = ()  # other images that some replicas ran


@dataclass(frozen=True)
class ReleaseSnapshot:
    """What ran at one moment. ``good``: all was healthy then, and nothing was gone back from since. ``config``: the
    rendered files, which hold secrets. ``left``: services of one that was good, that were gone back from."""

    project: str
    at: str
    good: bool
    services: Mapping[str, Recorded]
    revision: str = ""
    dirty: bool = False
    subject: str = ""
    label: str = ""
    config: Mapping[str, Any] | None = None
    left: tuple[str, ...] = ()

    def good_for(self, services: Collection[str]) -> bool:
        """Whether it is a good state of these services to come back to; of all, where none is named."""
        return self.good or bool(self.left and services and not set(services) & set(self.left))

    def left_by(self, services: Iterable[str]) -> ReleaseSnapshot:
        """The same, where what it records of these services was gone back from."""
        was_good = self.good or self.left
        return replace(self, good=False, left=tuple(sorted({*self.left, *services})) if was_good else ())

    @property
    def name(self) -> str:
        return self.at

    def same_as(self, other: ReleaseSnapshot) -> bool:
        """Whether it records the same, whenever it was taken."""
        return replace(self, at="", config=None) == replace(other, at="", config=None) and self.config == other.config

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        services = {name: dict(vars(recorded), mixed=list(recorded.mixed)) for name, recorded in self.services.items()}
        rest = {**vars(self), "left": list(self.left)}
        return {"form": FORM, **rest, "services": services, "config": self.config}

    def as_result(self) -> dict[str, Any]:
        """For a result: without the configuration and its secrets."""
        kept = self.as_dict()
        del kept["config"], kept["form"], kept["left"]
        return kept


def snapshot_from(document: Mapping[str, Any]) -> ReleaseSnapshot:
    """From the file; raises ValueError where it is not one."""
    if not isinstance(document, Mapping):
        raise ValueError("it holds no snapshot")
    if document.get("form") != FORM:
        raise ValueError(f"its form is {document.get('form')!r}, and {FORM} is understood")
    try:
        services = {
            name: Recorded(**{**recorded, "mixed": tuple(recorded.get("mixed", ()))})
            for name, recorded in document["services"].items()
        }
        rest = {key: value for key, value in document.items() if key not in ("form", "services", "left")}
        return ReleaseSnapshot(services=services, left=tuple(document.get("left", ())), **rest)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a part is missing or not understood ({error})") from None


def snapshot_of(project: Project, created: Mapping[str, str], git: Mapping[str, Any], label: str) -> ReleaseSnapshot:
    """What runs now. ``created``: when each image was made; ``git``: revision, dirty and subject, if there is any."""
    services = {}
    for name in project.service_names:
        replicas = [replica for replica in project.replicas(name) if replica.running]
        if not replicas:
            continue
        images = Counter(replica.image for replica in replicas).most_common()
        main = images[0][0]
        services[name] = Recorded(
            image=main,
            reference=_reference(project, name, next(replica for replica in replicas if replica.image == main)),
            replicas=len(replicas),
            hash=next(replica.hash for replica in replicas if replica.image == main),
            created=created.get(main, ""),
            mixed=tuple(image for image, dummy in images[1:]),
        )
    model = project.model
    config = None
    if model:
        config = {"services": {name: dict(spec.raw) for name, spec in model.services.items()}, **model.shared}
    # What differs from the files runs another configuration than the one that is recorded.
    # A newer image behind the tag is none of that: it is how a snapshot between build and `up` looks.
    wrong = any(
        problem_of(project, container) or _unproven(project, container) or _configured(project.drift(container))
        for container in project.containers
    )
    good = not wrong and not any(service.mixed for service in services.values())
    return ReleaseSnapshot(
        project.name, stamp(project.now), good, services, git.get("revision", ""), bool(git.get("dirty")),
        str(git.get("subject", "")), label, config,
    )  # fmt: skip


def _reference(project: Project, service: str, replica: Container) -> str:
    """The name that means what runs: that of the files, or the container's own where the files name another image."""
    spec = project.spec(service)
    if spec is not None and (project.images.get(spec.image) == replica.image or not replica.image_ref):
        return spec.image
    return replica.image_ref


def _unproven(project: Project, container: Container) -> bool:
    """Whether it runs for too short a time to say that it is healthy."""
    young = container.health == UNCHECKED and container.uptime(project.now) < SETTLED
    return container.running and (container.health == STARTING or young)


def _configured(drift: Sequence[str]) -> bool:
    return any(not difference.startswith("image: ") and not updates_in([difference]) for difference in drift)


def protecting(snapshot: ReleaseSnapshot) -> dict[str, tuple[str, str]]:
    """(repository, tag) for each image of the snapshot: a named image is no dangling one."""
    return {
        recorded.image: (f"{PROTECTED}/{snapshot.project}-{repository_part(name)}", short(recorded.image))
        for name, recorded in snapshot.services.items()
    }


def keepers(snapshot: ReleaseSnapshot) -> dict[str, str]:
    """By image of the snapshot, the name of the container that keeps it from `docker image prune --all`."""
    images = {recorded.image for recorded in snapshot.services.values()}
    return {image: f"{PROTECTED}-{snapshot.project}-{short(image)}" for image in sorted(images)}


def repository_part(name: str) -> str:
    """A service's name as the name of an image may have it: small letters and digits, single separators."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "service"


def differing(snapshot: ReleaseSnapshot, project: Project, services: Sequence[str]) -> list[str]:
    """Services of the snapshot of which not every running replica has the recorded image."""
    return [
        name
        for name, recorded in snapshot.services.items()
        if (not services or name in services)
        and {replica.image for replica in project.replicas(name)} - {recorded.image}
    ]


@dataclass(frozen=True)
class Step:
    """One service back to an image. ``how``: its tag is moved back, or a file of the old configuration is used."""

    service: str
    image: str
    former: str
    reference: str
    how: str


@dataclass(frozen=True)
class Rollback(PlannedAct):
    """The plan; ``every`` holds each step that it could take. ``created``: when each image was made, for the diff.

    ``recoveries``: by service, from a rollback that was cut off.
    """

    project: Project
    goal: ReleaseSnapshot
    plan: Plan
    every: tuple[Step, ...]
    refusals: tuple[str, ...]
    nothing: str
    created: Mapping[str, str] = field(default_factory=dict)
    recoveries: Mapping[str, Recovery] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)  # by service, why it keeps data in bind mounts

    def count(self, service: str) -> int:
        """How many replicas a service is to have: as many as before, also before the act that is completed."""
        recovery = self.recoveries.get(service)
        return recovery.wish.replicas if recovery else len(self.project.replicas(service))

    @property
    def undrained(self) -> tuple[tuple[Container, Drained], ...]:
        """Replicas from which a drain rule is removed that a run left behind."""
        return tuple(pair for pair in self.project.left_drained if undrain_item(*pair).target in self.plan.targets)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Those that the plan does take."""
        return tuple(step for step in self.every if target_of(step) in self.plan.targets)

    def as_dict(self) -> PlanDict:
        affected = len(self.steps) + len(self.undrained)
        return plan_dict(self.plan, affected, "services not on the release", self.nothing)

    def diff(self) -> Diff:
        before, after = [], []
        for step in self.steps:
            count, present = self.count(step.service), len(self.project.replicas(step.service))
            before.append(
                f"{step.service}: {present} x image {short(step.former)},"
                f" made {self.created.get(step.former, '?')[:19]}"
            )
            after.append(
                f"{step.service}: {count} x image {short(step.image)}, made {self.created.get(step.image, '?')[:19]}"
            )
        return diff_of(f"release of {self.project.name}", before, after)


def target_of(step: Step) -> str:
    return f"{step.service}:{short(step.former)}->{short(step.image)}"


def plan_rollback(
    project: Project,
    goal: ReleaseSnapshot,
    services: Sequence[str],
    *,
    present: Mapping[str, bool],
    migrations: Sequence[str] | None = (),
    accept_migrations: bool = False,
    starts_dependencies: bool = False,
    recoveries: Mapping[str, Recovery] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Rollback:
    """``present``: whether each image is on this host; ``migrations``: files of them between the two revisions, None if
    that is not known. ``recoveries``: by service, what a rollback that was cut off has left of it. ``kept``: by
    service, why it keeps data in bind mounts."""
    open_ends = {name: recovery for name, recovery in (recoveries or {}).items() if name in goal.services}
    changed = differing(goal, project, services)
    changed += [name for name, recovery in open_ends.items() if not recovery.reached and name not in changed]
    names = project.model.in_order(changed) if project.model else sorted(changed)
    actions, excluded = [undrain_item(*pair) for pair in project.left_drained], []
    steps, refusals = [], []
    for name in names:
        recorded = goal.services[name]
        former = _former(project, name, recorded.image, open_ends.get(name))
        step = Step(name, recorded.image, former, recorded.reference, how_back(project, goal, name))
        if name not in services and project.stateful(name):
            excluded.append(Item(target_of(step), "keeps data in volumes; it is rolled back only when it is named"))
            continue
        asked = name in services or name in open_ends
        why = "" if asked else left_alone(project, name) or (kept or {}).get(name) or _other_data(project, goal, step)
        if why:
            excluded.append(Item(target_of(step), f"{why}; it is rolled back only when it is named"))
            continue
        if not present.get(recorded.image):
            refusals.append(f"the image {short(recorded.image)} of {name} is not on this host any more")
        if any(mount.anonymous for replica in project.replicas(name) for mount in replica.mounts):
            refusals.append(f"{name} keeps data in a volume without a name, which a fresh container would not find")
        if step.how == FILE and (goal.config is None or name not in goal.config.get("services", {})):
            refusals.append(f"the configuration that {name} ran with was not recorded")
        refusals += dependencies(project, name, starts_dependencies)
        refusals += against_exchange(project, name, name in services or name in open_ends)
        reason = f"ran at {goal.at}{f' ({goal.revision[:12]})' if goal.revision else ''}"
        if name in open_ends:
            wanted, there = open_ends[name].wish.replicas, len(project.replicas(name))
            reason += f"; a rollback that was cut off has left {counted(there, 'replica')} where {wanted} are wanted"
        lost = sorted({text for one in project.replicas(name) for text in updates_in(project.drift(one))})
        reason += f"; fresh containers lose what `docker update` has set ({some(lost)})" if lost else ""
        actions.append(Item(target_of(step), reason, "roll_back", {"who": name, "how": step.how}))
        steps.append(step)
    if steps and migrations is None and not accept_migrations:
        refusals.append(
            "git cannot show whether migrations lie between what runs and that release; accept_migrations: true if the"
            " old code can meet the present schema"
        )
    if steps and migrations and not accept_migrations:
        refusals.append(
            f"{len(migrations)} migrations lie between ({', '.join(migrations[:3])}): the old code would meet a newer"
            " schema; accept_migrations: true if it can"
        )
    excluded += other_services(project, {name: recorded.image for name, recorded in goal.services.items()}, services)
    same = "every service" if not services else ", ".join(services)
    nothing = f"a rollback to {goal.at} would be a no-op: {same} runs the recorded images already" + (
        " (a git checkout alone changes no image)" if goal.revision else ""
    )
    if names and not steps:
        who = ", ".join(f"{item.target.partition(':')[0]} {item.reason}" for item in excluded[: len(names)])
        nothing = f"nothing is rolled back to {goal.at}: {who}"
    return Rollback(
        project,
        goal,
        Plan("roll_back", tuple(actions), tuple(excluded)),
        tuple(steps),
        tuple(refusals),
        nothing,
        recoveries=open_ends,
        kept=kept or {},
    )


def _other_data(project: Project, goal: ReleaseSnapshot, step: Step) -> str:
    spec, then = project.spec(step.service), (goal.config or {}).get("services", {}).get(step.service)
    return why_other_data(then, spec.raw if spec else None) if step.how == FILE else ""


def _former(project: Project, service: str, image: str, recovery: Recovery | None) -> str:
    """The image that a service is rolled back from: of most of those that run another one than ``image``."""
    others = Counter(replica.image for replica in project.replicas(service) if replica.image != image)
    if others:
        return others.most_common(1)[0][0]
    return recovery.wish.former if recovery else image


def how_back(project: Project, goal: ReleaseSnapshot, service: str) -> str:
    """By the tag where nothing but the image changed and the tag is the same: then the next `up` stays there."""
    spec = project.spec(service)
    recorded = (goal.config or {}).get("services", {}).get(service)
    if spec is None or spec.image != goal.services[service].reference or not movable(spec.image):
        return FILE
    return TAG if recorded is None or configuration(spec.raw) == configuration(recorded) else FILE


def who_else(project: Project, steps: Sequence[Step], listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who is not rolled back and shares a tag that is moved, so that its next `up` takes the old image: services of the
    project, and containers of others. ``listed``: the engine's list of containers."""
    moved = {step.reference: step.image for step in steps if step.how == TAG}
    names = {step.service for step in steps}
    specs = project.model.services if project.model else {}
    ours = [
        name
        for name, spec in specs.items()
        if name not in names
        and any(replica.image != moved.get(spec.image, replica.image) for replica in project.replicas(name))
    ]
    theirs = [
        f"{str((row.get('Names') or ['?'])[0]).lstrip('/')} of the project {of}"
        for row in listed
        for of in [(row.get("Labels") or {}).get(PROJECT, "")]
        if of not in ("", project.name) and row.get("ImageID") != moved.get(str(row.get("Image")), row.get("ImageID"))
    ]
    return [*sorted(ours), *sorted(theirs)]


def movable(reference: str) -> bool:
    """Whether a reference is a tag: a digest cannot be moved."""
    return "@" not in reference and not reference.startswith("sha256:")


def configuration(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in _NOT_CONFIGURATION and value is not None}
