"""What the back office may start."""

import hmac
import os

from django.http import JsonResponse

from pafar.tasks import reprice_trips


def reprice(request):
    """Raise or lower all prices by a percentage, taking the distance of each trip into account."""
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given, f"Bearer {os.environ['ADMIN_TOKEN']}"):
        return JsonResponse({"error": "who are you?"}, status=401)
    if request.method != "POST":
        return JsonResponse({"error": "POST only"}, status=405)
    job = reprice_trips.delay(1)
    return JsonResponse({"job": job.id}, status=202)
