"""Failures as a client of the API sees them: a status and one word for the cause; the log has the traceback."""

import logging

from django.http import Http404, JsonResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pafar.stripe import StripeError

log = logging.getLogger("django.request")

ENDED = "57P01"  # admin_shutdown: somebody ended the session
CANCELLED = "57014"  # query_canceled: somebody, or a timeout, cancelled the statement


def cause_of(error):
    """(status, word) of an exception that a view let through."""
    if isinstance(error, Http404):
        return 404, "not_found"
    if isinstance(error, PoolTimeout):
        return 503, "pool_exhausted"
    if isinstance(error, StripeError):
        return error.answered, error.word
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "pgcode", None)
        if state == CANCELLED:
            return 500, "statement_cancelled"
        # A session that is ended while it waits may be seen as a closed connection, without a code.
        if state == ENDED or "terminating connection" in str(error.orig):
            return 500, "session_ended"
        if error.connection_invalidated or state is None:
            return 503, "database_unreachable"
        return 500, "database_error"
    return 500, "internal_error"


class TellWhy:
    """Middleware: every exception becomes JSON for the client and a traceback, as Django logs it, for us."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        status, word = cause_of(error)
        if status >= 500:
            log.error("Internal Server Error: %s", request.path, exc_info=error)
        else:
            log.warning("%s: %s", word, request.path)
        return JsonResponse({"error": word}, status=status)
