"""Django's settings. Everything that differs between sites comes from the environment."""

import os

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["*"]  # nginx stands in front; nothing else can reach this network
ROOT_URLCONF = "pafar.urls"
WSGI_APPLICATION = "pafar.wsgi.application"
MIDDLEWARE = ["pafar.tracing.Trace", "pafar.errors.TellWhy"]
INSTALLED_APPS: list = []
DATABASES: dict = {}  # see database.py: a pool, which Django 3.2 has not
USE_TZ = True
TIME_ZONE = "UTC"
APPEND_SLASH = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "[{asctime}] {levelname} [{name}:{lineno}] {message}",
            "datefmt": "%d/%b/%Y %H:%M:%S",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "urllib3": {"level": "WARNING"},
    },
}
