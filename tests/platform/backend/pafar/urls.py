"""The API."""

from django.urls import path

from pafar import admin, bookings, health, payments, places

urlpatterns = [
    path("api/health/live/", health.live),
    path("api/health/", health.deep),
    path("api/version/", health.version),
    path("api/trips/", bookings.trips),
    path("api/trips/<int:trip>/", bookings.trip),
    path("api/bookings/", bookings.bookings),
    path("api/bookings/<str:reference>/", bookings.booking),
    path("api/payments/", payments.payments),
    path("api/webhooks/stripe/", payments.webhook),
    path("api/places/", places.places),
    path("api/admin/reprice/", admin.reprice),
]
