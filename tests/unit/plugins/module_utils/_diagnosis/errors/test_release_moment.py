"""Since when the playbook takes an error for one of the newest release."""

from __future__ import annotations

from typing import Any

import ansible.template
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from support.reports import container, service
from support.servers import ROOT

OLD, NEW = "sha256:aaaaaaaaaaaa", "sha256:bbbbbbbbbbbb"


def at(minutes: int) -> str:
    return f"2026-11-23T{10 + minutes // 60:02d}:{minutes % 60:02d}:00+00:00"


def said(**services: list[tuple[int | None, str]]) -> str:
    """The moment, at 20:00, where containers were made from an image so many minutes after 10:00."""
    reports = {
        name: service(
            *(
                container(
                    f"{name}-{number}",
                    image=image,
                    created_at=None if made is None else at(made),
                    age=None if made is None else (600 - made) * 60,
                )
                for number, (made, image) in enumerate(made_of, 1)
            )
        )
        for name, made_of in services.items()
    }
    dummy, play = yaml.safe_load((ROOT / "playbooks/payment_outage.yml").read_text())
    (work,) = (task for task in play["tasks"] if "block" in task)
    (read,) = (task for task in work["block"] if "pafar.runbook.log_tail" in task)
    trusted = getattr(ansible.template, "trust_as_template", str)  # new in 2.19
    given: dict[str, Any] = {name: trusted(value) if isinstance(value, str) else value
                             for name, value in read["vars"].items()}  # fmt: skip
    given.update({"services": {"services": reports}, "payment_outage_payers": ["backend", "worker"]})
    moment = Templar(DataLoader(), variables=given).template(trusted(read["pafar.runbook.log_tail"]["new_since"]))
    return str(moment)


@pytest.mark.parametrize(
    ("services", "moment"),
    [
        pytest.param({"backend": [(590, NEW)]}, at(590), id="one container"),
        pytest.param({"backend": [(580, NEW), (582, NEW), (584, NEW)]}, at(580), id="one after the other"),
        pytest.param({"backend": [(580, NEW)], "worker": [(583, NEW)]}, at(580), id="two services of one image"),
        pytest.param({"backend": [(550, NEW), (590, NEW)]}, at(550), id="scaled out since"),
        pytest.param({"backend": [(585, OLD), (590, NEW)]}, at(590), id="another image"),
        pytest.param({"backend": [(10, NEW), (590, NEW)]}, at(590), id="an image of long ago, scaled out"),
        pytest.param({"backend": [(590, NEW)], "nginx": [(500, NEW)]}, at(590), id="another service"),
        pytest.param({"backend": [(10, OLD)]}, "", id="no release of late"),
        pytest.param({"backend": []}, "", id="no container"),
    ],
)
def test_it_is_the_first_container_of_its_image(services, moment):
    """Its errors begin there, and not with the last replica."""
    assert said(**services) == moment
