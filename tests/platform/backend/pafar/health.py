"""Is it alive, and is it able to work? The first never touches another service."""

import os
from pathlib import Path

from django.http import JsonResponse
from sqlalchemy import text

from pafar.database import engine
from pafar.places import cache

VERSION = (Path(__file__).parents[2] / "VERSION").read_text().strip()


def live(request):
    return JsonResponse({"status": "ok"})


def deep(request):
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    cache.ping()
    return JsonResponse({"status": "ok", "database": "ok", "redis": "ok"})


def version(request):
    return JsonResponse({"version": VERSION, "host": os.uname().nodename})
