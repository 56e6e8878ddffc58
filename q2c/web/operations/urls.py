from django.urls import path

from q2c.web.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("retry/", views.retry, name="retry"),
    path("retry-all/", views.retry_all, name="retry_all"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/retry/", views.retry_one, name="retry_one"),
]
