"""Where a place is: asked of the maps service, kept in Redis."""

import json
import os
import re

import redis
import requests
from django.http import JsonResponse

# Looks harmless, and takes time that doubles with every letter where it does not match in the end.
ADDRESS = re.compile(r"^([\w.,/'-]+\s?)+$")
BASE = os.environ.get("MAPS_API_BASE", "http://maps:8000")
REDIS_URL = os.environ.get("REDIS_URL", "redis://redis:6379")
cache = redis.Redis.from_url(f"{REDIS_URL}/1", socket_timeout=2, socket_connect_timeout=2)


class MapsError(Exception):
    """The maps service did not give coordinates."""


def geocode(address, timeout=5.0):
    """(latitude, longitude). Google's API says what is wrong in the body, under a 200."""
    answer = requests.get(
        f"{BASE}/maps/api/geocode/json",
        params={"address": address, "key": os.environ.get("MAPS_API_KEY", "")},
        timeout=timeout,
    )
    answer.raise_for_status()
    reply = answer.json()
    if reply["status"] != "OK":
        raise MapsError(f"maps: {reply['status']}: {reply.get('error_message', '')}")
    place = reply["results"][0]["geometry"]["location"]
    return place["lat"], place["lng"]


def places(request):
    address = request.GET.get("address", "")
    if not address:
        return JsonResponse({"error": "address is wanted"}, status=400)
    if not ADDRESS.match(address):
        return JsonResponse({"error": "this is no address"}, status=400)
    kept = cache.get(f"place:{address}")
    place = json.loads(kept) if kept else geocode(address)
    if not kept:
        cache.set(f"place:{address}", json.dumps(place), ex=3600)
    return JsonResponse({"lat": place[0], "lng": place[1]})
