from django.urls import path, re_path

from q2c.api.views import docs

app_name = "api"
urlpatterns = [
    path("openapi.json", docs.description, name="description"),
    path("docs", docs.Swagger.as_view(), name="docs"),
    path("problems", docs.problems, name="problems"),
    re_path(r"^.*$", docs.Missing.as_view(), name="missing"),
]
