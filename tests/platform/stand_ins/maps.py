"""Google's geocoding, as far as one address goes. Errors come under a 200, with the reason in the body.

Modes: ok, slow (8 s), hang, down (500), over_limit (429). Source: Google Maps Platform, "Geocoding API", status codes.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from service import Service, Switch, run

KEY = os.environ["MAPS_API_KEY"]


class Maps(Service):
    switch = Switch(("ok", "slow", "hang", "down", "over_limit"))

    def serve(self, dummy: str, path: str, fields: dict[str, str]) -> None:
        mode = self.switch.mode
        if mode == "down":
            return self.answer(500, {"status": "UNKNOWN_ERROR", "results": []})
        if mode == "over_limit":
            return self.answer(429, {"status": "OVER_QUERY_LIMIT", "results": []})
        if path != "/maps/api/geocode/json":
            return self.answer(404, {"error": path})
        if not hmac.compare_digest(fields.get("key", ""), KEY):
            return self.answer(200, told("REQUEST_DENIED", error_message="The provided API key is invalid."))
        if not fields.get("address"):
            return self.answer(200, told("INVALID_REQUEST"))
        # Any address has a place: the same one each time.
        spread = hashlib.sha256(fields["address"].encode()).digest()
        place = {"lat": 4 + spread[0] / 30, "lng": 3 + spread[1] / 30}
        result = {"formatted_address": fields["address"], "geometry": {"location": place}}
        return self.answer(200, told("OK", results=[result]))


def told(status: str, **more: object) -> dict[str, object]:
    return {"results": [], "status": status, **more}


if __name__ == "__main__":
    run(Maps)
