"""The pages of a password that is new or forgotten; the links are Django's, one use each."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from q2c.identity.actions import ask_password_link, set_password
from q2c.identity.forms import ForgottenForm, NewPasswordForm
from q2c.identity.models import User
from q2c.identity.throttle import TOO_MANY, too_many_tries


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Mail a link to choose a new password; the answer is the same for every address."""
    form, now = ForgottenForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not too_many_tries(request, "forgotten", email, at=now):
            ask_password_link(email, at=now)
            context = {"email": email, "from_email": settings.DEFAULT_FROM_EMAIL}
            return render(request, "identity/link_sent.html", context)
        form.add_error(None, TOO_MANY)
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/forgotten.html", {"form": form}, status=status)


class Choose(PasswordResetConfirmView):
    """Choose a password. The token moves into the session, so that no address holds it."""

    form_class = NewPasswordForm
    template_name = "identity/password.html"

    def get_user(self, uidb64: str) -> User | None:
        user: Any = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        user = set_password(form.user.pk, form.cleaned_data["new_password1"], at=timezone.now())
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        messages.success(self.request, f"Your password is set, {user.full_name}. Sign in with it.")
        return redirect("identity:sign_in")

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
