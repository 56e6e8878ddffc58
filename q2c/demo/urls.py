from django.urls import path

from q2c.demo import views

app_name = "demo"
urlpatterns = [
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<int:mail_id>/", views.mail, name="mail"),
    path("outbox/<int:mail_id>/body/", views.mail_body, name="mail_body"),
    path("outbox/attachments/<int:attachment_id>/", views.attachment, name="attachment"),
]
