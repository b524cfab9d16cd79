"""Every seed gives a project that Compose can read, and a fault that is possible in it."""

import pytest

from support.compose_sites.description import GONE, broken, healthy

SEEDS = range(1, 201)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_project_refers_to_is_in_it(seed):
    site = healthy(seed)
    for spec in site.services.values():
        named = {volume["source"] for volume in spec.get("volumes", ())}
        assert named <= set(site.more.get("volumes", {}))
        assert set(spec.get("networks", ())) <= {"default", *site.more.get("networks", {})}
        needed = [*spec.get("depends_on", ()), *spec.get("volumes_from", ())]
        needed += [str(spec.get(kind, "service:")).partition(":")[2] for kind in ("network_mode", "pid", "ipc")]
        assert {name for name in needed if name} <= set(site.services)
    ports = [port["published"] for spec in site.services.values() for port in spec.get("ports", ())]
    assert len(set(ports)) == len(ports)


def test_the_same_seed_is_the_same_project_and_its_fault_is_of_it():
    for seed in SEEDS:
        site = broken(seed)
        assert site.fault is not None
        assert site.services == healthy(seed).services
        assert {site.fault.service, *site.fault.names} <= set(site.services)
        assert site.fault.service not in {service for dummy, service in site.setups}
        assert not (site.fault.kind == GONE and site.files_removed)


def test_many_forms_and_faults_come_up():
    assert len({form for seed in SEEDS for form in healthy(seed).forms}) == 16
    assert len({broken(seed).fault.kind for seed in SEEDS}) >= 4
