"""Settings come from the environment; the defaults are those of the demo on one machine."""

import os
from pathlib import Path
from urllib.parse import urlparse

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from whitenoise.compress import Compressor

from q2c.runtime import environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent

DEMO = environment.flag("Q2C_DEMO", default=True)
DEBUG = environment.flag("Q2C_DEBUG", default=False)
SECRET_KEY = os.environ.get("SECRET_KEY", "")
# What quotes and price books may name besides nothing: where a deal comes from, what a customer is.
SALES_CHANNELS = environment.words("Q2C_SALES_CHANNELS", "direct,partner,online")
CUSTOMER_SEGMENTS = environment.words("Q2C_CUSTOMER_SEGMENTS", "small,mid,enterprise,public")
PUBLIC_URL = os.environ.get("Q2C_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
if not SECRET_KEY:
    if not DEMO or SECURE:
        raise ImproperlyConfigured(
            "Set SECRET_KEY to a long random value; only a demo on this machine does without."
        )
    SECRET_KEY = "only-for-the-demo-" + "0" * 48

ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
if (_host := urlparse(PUBLIC_URL).hostname) and _host not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_host)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "heroicons",
    "csp",
    "q2c.infra",
    "q2c.identity",
    "q2c.customers",
    "q2c.catalog",
    "q2c.web",
    "q2c.api",
    "q2c.demo",
    "quotes",
    "contracts",
    "orders",
    "billing",
    "revenue",
    "q2c.apps.RoofConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "q2c.infra.requests.RequestIdMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "q2c.web.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "q2c.urls"
WSGI_APPLICATION = "q2c.wsgi.application"
ASGI_APPLICATION = "q2c.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "q2c.web.context.shell",
            ],
            "builtins": ["q2c.web.templatetags.q2c", "django.templatetags.i18n"],
        },
    }
]

DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL", "postgresql:///q2c"))}
REDIS_URL = environment.redis_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # A database of its own where there is one: clearing a cache empties its whole database.
        "LOCATION": os.environ.get("CACHE_URL") or REDIS_URL,
        "KEY_PREFIX": os.environ.get("Q2C_QUEUE_PREFIX", ""),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.User"
LOGIN_URL = reverse_lazy("identity:sign_in")
LOGIN_REDIRECT_URL = reverse_lazy("web:home")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
TIME_ZONE = "UTC"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("Q2C_STATIC_ROOT", BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Compressing is most of what a first start takes; nobody asks for source maps or unhashed names.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = SECURE
# Probes come from beside the server, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|freshz)$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "billing@q2c.example")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS", default=False)

# With no key of Stripe's the demo talks to the stand-in that `up` starts beside it.
STRIPE_SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY") or ("sk_test_standin" if DEMO else "")
_STANDIN = STRIPE_SECRET_KEY == "sk_test_standin"  # noqa: S105  not a secret
STRIPE_PUBLISHABLE_KEY = os.environ.get("STRIPE_PUBLISHABLE_KEY") or (
    "pk_test_standin" if _STANDIN else ""
)
STRIPE_WEBHOOK_SECRETS = environment.words(
    "STRIPE_WEBHOOK_SECRETS", "whsec_standin" if _STANDIN else ""
)
STRIPE_API_BASE = os.environ.get("STRIPE_API_BASE", "")

# Shown on the sign-in page of the demo; named, not imported, since it stands above identity.
DEMO_PEOPLE = "q2c.demo.people.SIGN_INS"

# A form may lead on to Stripe's hosted page; nothing else leaves this host, and nothing is inline.
HOSTED_PAGES = STRIPE_API_BASE or "https://checkout.stripe.com"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, HOSTED_PAGES],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-src": [SELF],
    }
}

LOGGING = logs.configure(
    as_json=os.environ.get("Q2C_LOG") == "json", level=os.environ.get("Q2C_LOG_LEVEL", "INFO")
)

# The API: JSON only, keys only, every error a problem.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["q2c.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["q2c.api.throttling.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["q2c.api.fields.ExactJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "q2c.api.schema.DoorSchema",
    "EXCEPTION_HANDLER": "q2c.api.problems.answer",
    "UNICODE_JSON": True,
}
API_REQUESTS_PER_SECOND = {"read": 100, "write": 25}
SPECTACULAR_SETTINGS = {
    "TITLE": "q2c",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "q2c.api.schema.describe_problems",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    # Each operation shows its own shapes; all of them once more make the page slow to come.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": -1},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
