"""Networks that the files define in another way than they were created: an `up` would stop what is in them."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.networks import (
    COMPARES,
    differing_networks,
    hash_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.model import model_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import plan_rollback, snapshot_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import why_not_replaced
from ansible_collections.pafar.runbook.plugins.module_utils._compose.scale import Capacity, plan_scaling

from ..facts import OLD, container, project

PLAIN = {"name": "shop_default", "ipam": {}}


def live(name="shop_default", key="default", hash_="", of="shop"):
    """A network as the engine lists it; ``hash_``: what Compose has kept of its definition."""
    labels = {
        "com.docker.compose.project": of,
        "com.docker.compose.network": key,
        "com.docker.compose.config-hash": hash_,
    }
    return {"Name": name, "Labels": {label: value for label, value in labels.items() if value}}


def test_the_hash_is_the_one_that_compose_keeps():
    """As Compose 2.40.3 kept them."""
    labels = {"a.b": "x<y>&z", "team": "p\u00e4yments"}
    assert hash_of({"name": "nets_default", "ipam": {}}) == (
        "cce07569c1dd4ff786250d502527bc264ed8afb3f21ba1248917bd126cd4f78b"
    )
    assert hash_of({"name": "nets_lab", "ipam": {}, "labels": labels}) == (
        "c2f75be84feb577e8507ab9f64f9df1bb3380e5b9637d796feea0c0efafc1b3b"
    )
    assert hash_of({"name": "nets_inner", "ipam": {}, "internal": True, "enable_ipv6": False}) == (
        "91680519ec2934d7bd529bee82a92b823d5ebd72e2c8e27fe63dd0e99e3c86c8"
    )


@pytest.mark.parametrize("where", [{"labels": {"team": "%s"}}, {"driver_opts": {"parent": "%s"}}])
def test_a_dollar_sign_is_rendered_as_two(where):
    """`docker compose config` writes `a$$b` for what is `a$b`, and for what Compose has taken the hash of."""

    def named(sign):
        return {
            "name": "x",
            **{key: {name: text % f"a{sign}b" for name, text in value.items()} for key, value in where.items()},
        }

    plain = json.dumps(named("$"), separators=(",", ":")).encode()
    assert hash_of(named("$$")) == hashlib.sha256(plain).hexdigest()


def differing(files, networks, version=COMPARES):
    return differing_networks(model_of({"services": {}, "networks": files}, "shop"), "shop", networks, version)


CREATED = [live(hash_=hash_of(PLAIN))]


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": {"team": "payments"}}, {"driver_opts": {"com.docker.network.driver.mtu": "1450"}},
        {"internal": True},
        {"ipam": {"config": [{"subnet": "10.9.0.0/24"}]}}, {"attachable": True}, {"driver": "macvlan"},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_a_network_that_was_changed_in_the_files_is_named(changed):
    clauses = differing({"default": {**PLAIN, **changed}}, CREATED)
    assert "the network shop_default in another way than it was created" in clauses["default"]
    assert differing({"default": {**PLAIN, **changed}}, CREATED, (2, 30, 3)) == {}, "which compares nothing"


@pytest.mark.parametrize(
    ("files", "networks"),
    [
        pytest.param({"default": PLAIN}, CREATED, id="as it was created"),
        pytest.param({"default": {**PLAIN, "internal": True}}, [live()], id="by a Compose that kept no hash"),
        pytest.param({"default": {**PLAIN, "internal": True}}, [], id="not there yet"),
        pytest.param({"default": {"name": "shop_default", "external": True}}, [live(hash_="x")], id="of another owner"),
        pytest.param({"default": None}, [live(hash_="x")], id="not rendered"),
        pytest.param({"default": PLAIN}, [*CREATED, live("old_default", hash_="x")], id="left over from another name"),
        pytest.param({"default": PLAIN}, [live("b_default", hash_="x", of="b")], id="of another project"),
    ],
)
def test_others_are_not(files, networks):
    assert differing(files, networks) == {}


@pytest.mark.parametrize("version", [(2, 26, 1), COMPARES, (5, 5, 0)])
def test_a_network_that_was_renamed_is_named_whatever_the_version(version):
    renamed = {"default": {**PLAIN, "name": "front"}}
    assert "what runs is in shop_default" in differing(renamed, CREATED, version)["default"]


RENAMED = "the files rename the network back to rear, and what runs is in shop_back"


@pytest.mark.parametrize(
    ("clauses", "refused"),
    [
        pytest.param(
            {"back": "the network shop_back differs"}, ["the network shop_back differs"], id="of a dependency"
        ),
        pytest.param({"deep": "the network shop_deep differs"}, ["the network shop_deep differs"], id="of its own one"),
        pytest.param({"back": RENAMED}, [], id="renamed, where the service is not"),
        pytest.param({"apart": "the network shop_apart differs"}, [], id="of a service that it does not need"),
    ],
)
def test_an_up_creates_the_networks_of_dependencies_again_too(clauses, refused):
    services = {
        "web": {"networks": {"front": None}, "depends_on": {"db": {"condition": "service_started"}}},
        "db": {"networks": {"back": None}, "depends_on": {"store": {"condition": "service_started"}}},
        "store": {"networks": {"deep": None, "back": None}},
        "mail": {"networks": {"apart": None}},
    }
    found = project(container(), services=services, differing_networks=clauses)
    assert found.against_networks("web") == refused


CLAUSE = "the files define the network shop_default in another way than it was created"
USES = {"web": {"networks": {"default": None}}}


@pytest.mark.parametrize(("services", "refused"), [(USES, True), ({"web": {"networks": {"back": None}}}, False),
                                                   ({"web": {"network_mode": "host"}}, False)])  # fmt: skip
def test_no_act_gives_a_service_in_it_another_container(services, refused):
    found = project(container(), services=services, differing_networks={"default": CLAUSE})
    scaled = plan_scaling(found, "web", 2, Capacity())
    assert any(CLAUSE in why for why in scaled.refusals) is refused
    assert (CLAUSE in why_not_replaced(found, "web", starts_dependencies=False)) is refused
    was = snapshot_of(project(container(image=OLD), services=services), {}, {}, "")
    back = plan_rollback(found, was, ["web"], present={OLD: True})
    assert any(CLAUSE in why for why in back.refusals) is refused
    assert not any(CLAUSE in why for why in plan_scaling(found, "web", 1, Capacity()).refusals), "which needs no `up`"
