from django.urls import path

from q2c.infra import views

app_name = "infra"
urlpatterns = [
    path("healthz", views.live, name="live"),
    path("readyz", views.ready, name="ready"),
    path("freshz", views.fresh, name="fresh"),
]
