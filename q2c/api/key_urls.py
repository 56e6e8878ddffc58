from django.urls import path

from q2c.api.views import keys

app_name = "api_keys"
urlpatterns = [
    path("", keys.list_, name="list"),
    path("new/", keys.new, name="new"),
    path("<int:key_id>/revoke/", keys.revoke, name="revoke"),
]
