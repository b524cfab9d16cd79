# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a health check is another program's: that of an image which a server and its workers or jobs share. Pure.

An image has one check, which asks the server that it runs by default. A worker of the same image listens on no port, so
that the check has always failed, and says nothing of it. A server that hangs before it listens looks the same: only
another service of the image, which passes the check with another command, shows whose it is.
"""

from __future__ import annotations

from ..acts.singleton import serves
from ..container import Container
from ..project import Project
from .question import asked_port

_SERVER_ANSWERED = 22  # exit code of `curl -f`: something listens, if only for the container itself


def why_foreign(project: Project, container: Container) -> str:
    """Why a check says nothing of the container, in a clause; empty where it may be its own."""
    vain, passing = _asks_in_vain(project, container), _passing(project, container)
    if not (vain and passing) or serves(project, container.service):
        return ""
    return f"{vain}; {passing}, of the same image, passes it with another command"


def may_be_foreign(project: Project, container: Container) -> str:
    """Why a check may be another program's, in a clause; empty where nothing says so. Another service that needs the
    container may need a server, or a worker that runs. What a script of the image asks is not known, and files that
    give both services one check may mean it for one of them (a YAML anchor that both merge)."""
    passing = _passing(project, container)
    vain, one = _asks_in_vain(project, container), _have_one_check(project, container)
    if passing and not vain and _failed_alone(project, container, one):
        vain = "it has failed since the start, and the container listens on no port"
        vain = f"{vain}; {passing}, of the same image, passes it"
    if not vain or serves(project, container.service, by_need=not passing, by_check=not one):
        return ""
    return f"whether its check is meant for it is unknown: {vain}"


def _asks_in_vain(project: Project, container: Container) -> str:
    """Where a check that its files do not give asks on a port, and the container listens on none, in a clause; empty
    elsewhere."""
    port = asked_port(container.check.test, container.environment, (container.service, container.name))
    if port is None or not _failed_alone(project, container):
        return ""
    return f"it has failed since the start and asks on port {port}, and the container listens on no port"


def _failed_alone(project: Project, container: Container, shared: bool = False) -> bool:
    """Whether a check has always failed where nothing answers it, and the container listens on no port. One that its
    files give is its own, unless it is ``shared``."""
    spec, check = project.spec(container.service), container.check
    own = spec is not None and spec.checked and not shared
    if own or not check.always_failed(container.uptime(project.now)) or project.listening.get(container.id) != ():
        return False
    answered = check.at_limit or check.gave_up or check.program_failed or check.exit_codes[-1:] == (_SERVER_ANSWERED,)
    return not answered


def _have_one_check(project: Project, container: Container) -> bool:
    """Whether the files give the same check to it and to one of another service that passes it."""
    other = next((other for other in project.containers if _passes(other, container)), None)
    mine, theirs = project.spec(container.service), project.spec(other.service) if other else None
    if mine is None or theirs is None or not (mine.checked and theirs.checked):
        return False
    return bool(mine.raw["healthcheck"] == theirs.raw["healthcheck"])


def _passing(project: Project, container: Container) -> str:
    """The name of a container of another service that passes the same check with another command; empty for none."""
    return next((other.name for other in project.containers if _passes(other, container)), "")


def _passes(other: Container, container: Container) -> bool:
    same = (other.image, other.check.test) == (container.image, container.check.test)
    differs = (other.entrypoint, other.command) != (container.entrypoint, container.command)
    return other.service != container.service and other.healthy and other.checked and same and differs
