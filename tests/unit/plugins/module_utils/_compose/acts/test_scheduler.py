"""Commands that start jobs by a clock, and those that only have a word of it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.scheduler import scheduler_in


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop beat -l info", "python -m celery -A shop beat", "celery -A shop worker --beat",
        "celery -A shop worker -B", "celery -A shop worker -EB", "poetry run celery -A app beat",
        "supercronic /etc/crontab", "crond -f", "tini -- crond -f", "/usr/sbin/cron -f", "yacron -c jobs.yaml",
        "python clock.py", "uv run python scheduler.py", "python -m app.scheduler", "python app/cron/main.py",
        "python manage.py runapscheduler", "bundle exec clockwork clock.rb", "rake resque:scheduler",
        "rqscheduler --url redis://q", "rq scheduler", "airflow scheduler", "dagster-daemon run",
        "php artisan schedule:work", "php /var/www/artisan schedule:work", "npm run cron", "node dist/scheduler.js",
        "java -jar /app/quartz.jar", "java -Xmx1g -jar scheduler.jar", "honcho start clock",
        "/entrypoint.sh celery-beat", "./start-beat.sh", "docker-entrypoint.sh scheduler", "ofelia daemon --docker",
        "/entrypoint /start-celerybeat", "dotnet Shop.Scheduler.dll", "busybox crond -f",
        "php bin/console messenger:consume scheduler_default async",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["words", "shell", "exec"])
def test_a_scheduler_is_seen_by_its_command(command, form):
    shell = ["sh", "-c", command if form == "shell" else f"cd /srv && export A=1; exec {command}"]
    assert scheduler_in(command.split() if form == "words" else shell)


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop worker -l info", "celery -A beat worker", "celery worker -Q beat,default", "celery flower",
        "gunicorn scheduler.wsgi", "uvicorn scheduler.api:app", "python -m scheduler.api", "rq worker cron",
        "airflow webserver", "php artisan queue:work", "sidekiq -q cron", "node server.js", "nginx -g daemon off;",
        "docker-entrypoint.sh postgres", "redis-server", "python app.py --scheduler=off", "",
        "bash -c while true; do ./job.sh; done", "java -jar app.jar", "/entrypoint /start-celeryworker",
        "/entrypoint /start", "dotnet Shop.Web.dll", "php bin/console messenger:consume async", "busybox httpd -f",
        "php artisan schedule:run", "drush cron",
    ],
)  # fmt: skip
def test_what_only_has_a_word_of_it_is_none(command):
    assert scheduler_in(command.split()) == scheduler_in(["sh", "-c", command]) == ""


@pytest.mark.parametrize(
    ("loop", "found"),
    [
        ("while true; do php artisan schedule:run; sleep 60; done", "artisan schedule:run"),
        ("while :; do php /app/artisan schedule:run --verbose & sleep 60; done", "artisan schedule:run"),
        ("until false; do bin/magento cron:run; sleep 60; done", "magento cron:run"),
        ("while true; do celery -A shop beat; done", "celery beat"),
        ("while true; do php artisan queue:work --once; done", ""),
        ("while ! nc -z db 5432; do sleep 1; done; gunicorn app", ""),
        ("for i in 1 2; do ./worker.sh & done; wait", ""),
    ],
)
def test_a_loop_of_a_shell_is_a_clock_of_what_it_repeats(loop, found):
    assert scheduler_in(["sh", "-c", loop]) == found


def test_the_environment_says_it_of_images_that_run_several_things():
    assert scheduler_in([], {"CONTAINER_ROLE": "scheduler"}) == "CONTAINER_ROLE=scheduler"
    assert scheduler_in([], {"ROLE": "web", "SCHEDULER_URL": "cron"}) == ""


def test_a_scheduler_beside_a_server_is_left_out_where_it_serves():
    both = ["sh", "-c", "crond && php-fpm"]
    assert (scheduler_in(both), scheduler_in(both, last_only=True)) == ("crond", "")
    assert scheduler_in(["sh", "-c", "migrate && celery -A x beat"], last_only=True) == "celery beat"
