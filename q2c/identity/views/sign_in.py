from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from q2c.identity.forms import ProfileForm, SignInForm
from q2c.identity.throttle import TOO_MANY, too_many_tries


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            email = form.cleaned_data["email"]
            if too_many_tries(request, "sign-in", email, at=timezone.now()):
                form.add_error(None, TOO_MANY)
            elif user := authenticate(
                request, username=email, password=form.cleaned_data["password"]
            ):
                login(request, user)
                return redirect(_next(request))
            else:
                form.add_error(None, "E-mail and password do not fit together.")
    people = import_string(settings.DEMO_PEOPLE) if settings.DEMO else []
    context = {"form": form, "people": people, "next": request.GET.get("next", "")}
    return render(request, "identity/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("identity:sign_in")


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("identity:profile")
    return render(
        request, "identity/profile.html", {"form": form}, status=422 if form.errors else 200
    )


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return str(settings.LOGIN_REDIRECT_URL)
