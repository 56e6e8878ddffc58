from django.urls import path

from q2c.web.users import views

app_name = "users"
urlpatterns = [
    path("", views.list_, name="list"),
    path("new/", views.new, name="new"),
    path("<int:user_id>/", views.detail, name="detail"),
    path("<int:user_id>/edit/", views.edit, name="edit"),
    path("<int:user_id>/deactivate/", views.deactivate, name="deactivate"),
    path("<int:user_id>/reactivate/", views.reactivate, name="reactivate"),
    path("<int:user_id>/password-link/", views.password_link, name="password_link"),
]
