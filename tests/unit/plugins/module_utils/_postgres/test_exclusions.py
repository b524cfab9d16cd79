from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions

from support.snapshots import prepared, session


@pytest.mark.parametrize(
    ("holder", "because"),
    [
        pytest.param(session(1, backend_type="walsender"), "walsender", id="replication"),
        pytest.param(
            session(
                1,
                backend_type="autovacuum worker",
                query="autovacuum: VACUUM public.t (to prevent wraparound)",
            ),
            "wraparound",
            id="vacuum against wraparound",
        ),
        pytest.param(session(1, backend_type="autovacuum worker"), "autovacuum", id="autovacuum"),
        pytest.param(session(1, backend_type="startup"), "replay", id="replay of a standby"),
        pytest.param(session(1, backend_type="parallel worker"), "parallel worker", id="any other process"),
        pytest.param(session(1, backend_type="", redacted=True), "may not see", id="what cannot be seen"),
        pytest.param(session(7), "the session of this module", id="itself"),
        pytest.param(session(1, application="pg_dump"), "backup", id="pg_dump"),
        pytest.param(session(1, application="pgBackRest [backup]"), "backup", id="pgbackrest"),
        pytest.param(session(1, query="select pg_backup_start('x')"), "backup", id="a backup by hand"),
        pytest.param(session(1, progress="BASEBACKUP"), "base backup", id="base backup"),
        pytest.param(session(1, unread=True), "could not be read", id="whose database cannot be read"),
        pytest.param(session(1, "disabled"), "track_activities", id="activity not tracked"),
        pytest.param(session(1, state_change=None), "track_activities", id="no change of state is known"),
        pytest.param(session(1, query="x" * 20000), "longer than", id="a statement too long to be searched"),
        pytest.param(session(1, progress="CREATE INDEX CONCURRENTLY"), "index", id="an index in the making"),
        pytest.param(session(1, query="create unique index concurrently i on t (a)"), "index", id="one that waits"),
        pytest.param(session(1, superuser=True, user="root"), "superuser", id="superuser"),
        pytest.param(session(1, user="billing"), "role billing", id="listed role"),
        pytest.param(session(1, application="cron"), "application cron", id="listed application"),
        pytest.param(
            session(1, application="cron - 10.0.0.7:51034"), "is excluded", id="behind a pooler that adds the host"
        ),
        pytest.param(session(1, database="ledger"), "database ledger", id="listed database"),
        pytest.param(session(1, query="CALL Month_End()"), "month_end", id="listed pattern, any case"),
        pytest.param(session(1, signalable=False), "may not terminate it", id="no privilege"),
        pytest.param(
            prepared(5, "it's"),
            "in database booking: COMMIT PREPARED 'it''s' or ROLLBACK PREPARED",
            id="prepared transaction",
        ),
        pytest.param(
            session(1, backend_type="logical replication apply worker"),
            "ALTER SUBSCRIPTION ... DISABLE stops it",
            id="logical replication",
        ),
    ],
)
def test_spares(holder, because):
    exclusions = Exclusions(
        roles=frozenset({"billing"}),
        applications=frozenset({"cron"}),
        databases=frozenset({"ledger"}),
        queries=("month_end",),
        own_pid=7,
    )
    assert because in exclusions.why(holder)


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param(session(1), id="an ordinary session"),
        pytest.param(session(1, application="pg_dumpling"), id="a name that only begins like a backup"),
        pytest.param(session(1, progress="CREATE INDEX"), id="a build in one transaction"),
        pytest.param(session(1, query="reindex table t"), id="a rebuild in one transaction"),
        pytest.param(session(1, "idle", query="create index concurrently i on t (a)"), id="a build that is over"),
        pytest.param(session(1, query="SELECT '(to prevent wraparound)'"), id="a client that says wraparound"),
    ],
)
def test_does_not_spare(holder):
    assert Exclusions(own_pid=7).why(holder) == ""


def test_superusers_and_prepared_transactions_only_when_asked():
    exclusions = Exclusions(superusers=False, allow_prepared=True)
    assert exclusions.why(session(1, superuser=True)) == ""
    assert exclusions.why(prepared(5)) == ""
    assert "superuser" in exclusions.why(prepared(5, allowed=False))


@pytest.mark.parametrize("application", ["gunicorn", "", "shop-web", "sidekiq"])
def test_a_superuser_as_which_the_application_logs_in_is_no_reason(application):
    one = session(1, superuser=True, user="postgres", application=application)
    assert "application_superusers" in Exclusions().why(one)
    assert Exclusions(application_superusers=frozenset({"postgres"})).why(one) == ""
    assert "is a superuser" in Exclusions(application_superusers=frozenset({"other"})).why(one)


@pytest.mark.parametrize(
    "application", ["psql", "pgAdmin 4 - CONN:1", "postgres_exporter", "DBeaver 23.1", "pg_cron", "Patroni heartbeat"]
)
def test_of_such_a_superuser_the_operators_tools_are_spared(application):
    one = session(1, superuser=True, user="postgres", application=application)
    assert "operator" in Exclusions(application_superusers=frozenset({"postgres"})).why(one)


def test_whom_only_a_superuser_may_end_is_said():
    known = Exclusions(application_superusers=frozenset({"postgres"}))
    assert "only a superuser may terminate" in known.why(session(1, superuser=True, user="postgres", signalable=False))
    assert "pg_signal_backend" in known.why(session(1, signalable=False))
