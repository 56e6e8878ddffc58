from django.urls import path

from q2c.identity.views import passwords, sign_in

app_name = "identity"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("sign-in/forgotten/", passwords.forgotten, name="forgotten"),
    path("password/<str:uidb64>/<str:token>/", passwords.Choose.as_view(), name="password"),
    path("profile/", sign_in.profile, name="profile"),
]
