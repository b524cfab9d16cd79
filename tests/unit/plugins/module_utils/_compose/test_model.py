"""The rendered files: counts, limits, order, and in what a container differs from them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.model import bytes_of, drift, model_of, updates_in

from .facts import NEW, OLD, container, inspected, project, volume


def spec(**raw):
    return model_of({"services": {"web": {"image": "shop/app:latest", **raw}}}, "shop").services["web"]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({}, 1),
        ({"scale": 3}, 3),
        ({"deploy": {"replicas": 2}}, 2),
        ({"scale": 0, "deploy": {"replicas": 2}}, 0),
        ({"provider": {"type": "model", "options": {"model": "ai/smollm2"}}}, 0),
    ],
)
def test_how_many_are_wanted(raw, wanted):
    assert spec(**raw).wanted == wanted


@pytest.mark.parametrize(
    ("raw", "most"),
    [
        pytest.param({}, None, id="nothing limits it"),
        pytest.param({"container_name": "only"}, 1, id="a fixed name"),
        pytest.param({"ports": [{"target": 80, "published": "8080"}]}, 1, id="a fixed port"),
        pytest.param({"ports": [{"target": 80, "published": "8080-8084"}]}, 5, id="a range"),
        pytest.param({"ports": [{"target": 80}]}, None, id="any port"),
    ],
)
def test_how_many_there_can_be(raw, most):
    assert spec(**raw).most == most


@pytest.mark.parametrize(("size", "number"), [("64m", 2**26), ("1gb", 2**30), (5, 5), ("x", 0), ("1.5k", 1536)])
def test_sizes(size, number):
    assert bytes_of(size) == number


def test_dependencies_come_first_and_a_circle_ends():
    model = model_of(
        {"services": {"a": {"depends_on": {"b": {}}}, "b": {"depends_on": {"c": {}}}, "c": {"depends_on": {"a": {}}}}},
        "shop",
    )
    assert model.in_order(["a", "b"]) in (["b", "a"], ["a", "b"])
    plain = model_of({"services": {"a": {"depends_on": {"b": {}}}, "b": {}}}, "shop")
    assert plain.in_order(["a", "b"]) == ["b", "a"]
    assert plain.needed_by("a") == ["b"]


def test_the_same_hash_and_image_is_no_drift():
    assert drift(spec(environment={"A": "other"}), container(), NEW, "h", True) == []


@pytest.mark.parametrize(
    ("raw", "limits", "found"),
    [
        pytest.param({"mem_limit": "100m"}, {"memory": 100 * 2**20}, [], id="as the files say"),
        pytest.param({"mem_limit": "100m"}, {"memory": 157286400}, ["memory limit: 157286400, the files say 104857600"],
                     id="raised"),
        pytest.param({}, {"memory": 2**20}, ["memory limit: 1048576, the files say none"], id="set"),
        pytest.param({"mem_limit": "100m"}, {}, [], id="an engine that cannot limit"),
        pytest.param({"cpus": 0.5}, {"cores": 0.5}, [], id="cores as the files say"),
        pytest.param({"deploy": {"resources": {"limits": {"cpus": "0.5"}}}}, {"cores": 2},
                     ["cpus: 2, the files say 0.5"], id="more cores"),
        pytest.param({"cpu_quota": 50000}, {"cores": 0.5}, [], id="a quota"),
        pytest.param({"cpus": "many"}, {}, [], id="no number"),
    ],
)  # fmt: skip
def test_what_was_changed_while_it_ran_leaves_the_hash(raw, limits, found):
    facts = inspected(memory=limits.get("memory", 0))
    facts["HostConfig"]["NanoCpus"] = int(limits.get("cores", 0) * 1e9)
    differences = drift(spec(**raw), container_of(facts), NEW, "h", True)
    assert updates_in(differences) == found
    assert len(differences) == len(found)


def test_another_image_behind_the_same_tag_is():
    assert drift(spec(), container(), OLD, "h", True)[0].startswith("image: bbbbbbbbbbbb")


def test_a_hash_alone_is_proof_only_where_no_env_file_is():
    assert "its hash is another one" in drift(spec(), container(), NEW, "other", True)[0]
    assert drift(spec(), container(), NEW, "other", False) == []


@pytest.mark.parametrize(
    ("label", "version", "differs"),
    [
        ("2.40.3", (2, 40, 3), True),
        ("2.26.1-4", (2, 26, 1), True),
        ("v2.26.1-desktop.1", (2, 26, 1), True),
        ("2.23.3", (2, 24, 0), False),  # docker/compose#11335
        ("2.4.1", (2, 41, 0), False),
        ("1.29.2", (2, 40, 3), False),
        ("dev", (2, 40, 3), False),  # a stack of Portainer
        ("", (2, 40, 3), False),
        (None, (2, 40, 3), True),
        ("2.23.3", (), True),
    ],
)
def test_a_hash_of_another_version_of_compose_is_no_proof(label, version, differs):
    facts = inspected()
    if label is not None:
        facts["Config"]["Labels"]["com.docker.compose.version"] = label
    shop = replace(project(container_of(facts)), hashes={"web": "other"}, compose_version=version)
    assert bool(shop.drift(shop.containers[0])) is differs


DATA = {"type": "volume", "source": "data", "target": "/data/"}
CONFIG = {"type": "bind", "source": "/srv/shop/app.conf", "target": "/etc/app.conf"}
CACHE = {"type": "tmpfs", "target": "/cache"}


@pytest.mark.parametrize(
    ("volumes", "found"),
    [
        ([DATA], []),
        ([DATA, CACHE], []),
        ([{**DATA, "target": "//data/."}], []),
        ([], []),  # what it has beside them may be a volume of its image
        ([DATA, CONFIG], ["volumes: /etc/app.conf"]),
        ([{**DATA, "target": "/var/lib/data"}], ["volumes: /var/lib/data"]),
    ],
)
def test_a_volume_that_the_container_does_not_have_is_named(volumes, found):
    assert drift(spec(volumes=volumes), container(mounts=[volume("shop_data", "/data")]), NEW, "other", False) == found


TEST = ["CMD-SHELL", "curl -f http://localhost:$$PORT/ || exit 1"]


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ({"test": TEST}, []),
        ({"test": ["CMD-SHELL", "exit 0"]}, ["healthcheck"]),
        ({"test": ["CMD", *TEST[1:]]}, ["healthcheck"]),
        ({"interval": "5s"}, []),  # the image's own, run more often
        ({"test": TEST, "disable": True}, []),
        (None, []),
    ],
)
def test_another_health_check_is_named(check, found):
    replica = container(test=[word.replace("$$", "$") for word in TEST])
    assert drift(spec(healthcheck=check), replica, NEW, "other", False) == found


def test_variables_are_named_without_their_values():
    found = drift(spec(environment={"A": "secret", "B": "1"}), container(env=["A=x", "B=1"]), NEW, "other", False)
    assert found == ["environment: A"]


def test_a_dollar_sign_and_a_policy_under_deploy_are_no_drift():
    raw = {"environment": {"A": "p$$w"}, "deploy": {"restart_policy": {"condition": "any"}}}
    assert drift(spec(**raw), container(env=["A=p$w"], policy="always"), NEW, "other", False) == []


ONE = {"target": 80, "protocol": "tcp"}


@pytest.mark.parametrize(
    ("asked", "has", "differs"),
    [
        pytest.param([{**ONE, "published": "8080"}], {"80/tcp": 8080}, False, id="a fixed port"),
        pytest.param([{**ONE, "published": "8080"}], {"80/tcp": 8081}, True, id="another one"),
        pytest.param([{**ONE, "published": "8080-8089"}], {"80/tcp": 8083}, False, id="one of a range"),
        pytest.param([{**ONE, "published": "8080-8089"}], {"80/tcp": 8090}, True, id="none of the range"),
        pytest.param([{**ONE, "published": "8080"}, {"target": 81}], {"80/tcp": 8080, "81/tcp": 32768}, False,
                     id="one of the engine's choice beside it"),
        pytest.param([{**ONE, "published": "8080"}], {"80/tcp": 8080, "81/tcp": 32768}, True, id="one too many"),
        pytest.param([{**ONE, "published": "8080"}, {"target": 81}], {"80/tcp": 8080}, True, id="one too few"),
        pytest.param([{**ONE, "published": "53"}, {"target": 80, "protocol": "udp", "published": "53"}],
                     {"80/tcp": 53, "80/udp": 53}, False, id="both protocols"),
    ],
)  # fmt: skip
def test_ports_differ_from_the_files_only_where_they_are_none_of_those(asked, has, differs):
    bound = {target: [{"HostIp": "0.0.0.0", "HostPort": str(port)}] for target, port in has.items()}
    found = drift(spec(ports=asked), container(ports=bound), NEW, "other", False)
    assert found == (["ports"] if differs else [])
