from django.urls import path

from q2c.web import views

app_name = "web"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("style-guide/", views.style_guide, name="style_guide"),
    path("saved-views/", views.saved_views, name="saved_views"),
    path("saved-views/save/", views.save_view, name="save_view"),
    path("saved-views/<int:view_id>/forget/", views.forget_view, name="forget_view"),
]
