"""All settings, in one file. Each value that differs between places comes from the environment (docs/operate.md)."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from config import environment, limits, postgres
from taskers.files.folders import data_folder, media_folder, models_folder

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_folder()

DEBUG = environment.flag("TANDEM_DEBUG")
SECRET_KEY_FILE = DATA_DIR / "secret"
SECRET_KEY = environment.kept_secret("SECRET_KEY", SECRET_KEY_FILE)
# Under these lies what is sealed in the database (taskers/credentials/secret_box.py); the first one seals.
SECRET_BOX_KEYS = environment.words("TANDEM_SECRET_BOX")
SECRET_BOX_FILE = DATA_DIR / "secret-box"
ALLOWED_HOSTS = environment.words("TANDEM_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = environment.words("TANDEM_ORIGINS")

INSTALLED_APPS = [
    "config.admin_app.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "channels",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "procrastinate.contrib.django",
    "rest_framework",
    "taskers",
    "projects",
    "assist",
    "config",
]

# Those of config.for_pages are passed by where a program asks with a token.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.redaction.QuietReferrer",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "taskers.web.middleware.PrivateMiddleware",
    "config.for_pages.ContentSecurity",
    "config.for_pages.Session",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.for_pages.Csrf",
    "config.for_pages.Authentication",
    "config.for_pages.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "taskers.audit.origin.OriginMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.for_pages.Htmx",
    "config.for_pages.Language",
    "config.for_pages.Membership",
    "config.for_pages.Clock",
    "config.audited_pages.AuditedPages",
    "taskers.web.middleware.ProblemMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

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
                "config.navigation.navigation",
            ],
        },
    }
]

# Database: `DATABASE_URL` points anywhere; else the embedded PostgreSQL answers with its own address.
DATABASES = {
    "default": environment.database(
        os.environ.get("DATABASE_URL") or postgres.url(DATA_DIR), environment.number("TANDEM_POOL", 8)
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "taskers.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["taskers.credentials.password_hashing.BoundedPBKDF2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "taskers.credentials.passwords.Guessable"},
    {"NAME": "taskers.credentials.passwords.AccessEnds"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_ADAPTER = "taskers.web.adapter.ClosedDoor"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "taskers.credentials.password_links.PasswordLinks"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": ""}  # taskers/credentials/sign_in_limits.py counts them
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_AUTO_SIGNUP = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Tandem"
MFA_ADAPTER = "taskers.credentials.second_step_secrets.SealedSecrets"
MFA_FORMS = {
    "activate_totp": "taskers.web.second_step.ActivationForm",
    "authenticate": "taskers.web.second_step.CodeForm",
    "reauthenticate": "taskers.web.second_step.CodeAgainForm",
}

# Mail is optional: without a host every link that a mail would carry is shown to the manager instead.
# Where people reach Tandem, such as https://tandem.example.org: for links in mail.
PUBLIC_ADDRESS = os.environ.get("TANDEM_ADDRESS", "").rstrip("/")
EMAIL_HOST = os.environ.get("TANDEM_MAIL_HOST", "")
EMAIL_PORT = environment.number("TANDEM_MAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("TANDEM_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("TANDEM_MAIL_PASSWORD", "")
EMAIL_USE_TLS = environment.flag("TANDEM_MAIL_TLS", True)
DEFAULT_FROM_EMAIL = os.environ.get("TANDEM_MAIL_FROM", "tandem@localhost")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.dummy.EmailBackend"
)

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = media_folder(DATA_DIR)
STORAGES = {
    "default": {"BACKEND": "config.media_storage.MediaFiles"},
    "staticfiles": {"BACKEND": "config.storage.HashedStaticFiles"},
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
# The second line behind config.limits, which bounds each address before it is known who asks.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # a project of two hundred labels says ten things of each
PACKED = not DEBUG  # the studio's modules and all pages' styles go out in a few files
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# The copilot's process; see assist/runtime/server.py for the forms of this address.
RUNTIME_ADDRESS = os.environ.get("TANDEM_RUNTIME") or f"unix:{DATA_DIR / 'run' / 'runtime.sock'}"
# The embeddings of so many MiB are kept on disk; assist/runtime/server.py reads the same of the environment.
EMBEDDINGS_MB = environment.number("TANDEM_EMBEDDINGS_MB", 4096)
MODELS_DIR = models_folder()

REDIS_URL = os.environ.get("REDIS_URL", "")
# Sign-in keeps here which codes were used and how often links were asked for: all processes must know.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "taskers_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

# Security. Behind a proxy that ends TLS, TANDEM_TLS=yes turns all of it on.
TLS = environment.flag("TANDEM_TLS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
# The hosts that Tandem may ask anything of, and which of them may lie at private addresses (taskers/outbound/guard.py).
OUTBOUND = environment.words("TANDEM_OUTBOUND")
OUTBOUND_PRIVATE = environment.words("TANDEM_OUTBOUND_PRIVATE")
environment.check_model_keys()  # read by the models' processes; kept in no setting
# The folders of this machine from which data may be loaded (projects/data/connectors/server_folder.py).
IMPORT_FOLDERS = environment.words("TANDEM_IMPORT_FOLDERS")
# Files that come in parts (projects/data/importing/uploads.py): the most bytes of one, and of all that an organization
# sends at the same time; and how many those may be.
UPLOAD_MOST = limits.upload()
UPLOADS_BYTES = max(UPLOAD_MOST, environment.number("TANDEM_UPLOADS", 8192) * limits.MIB)
UPLOADS_AT_ONCE = environment.number("TANDEM_UPLOADS_AT_ONCE", 50)
# Folders of this server that managers may have deliveries written to.
DELIVERY_FOLDERS = environment.words("TANDEM_DELIVERY_FOLDERS")
# Housekeeping, in days (docs/operate.md). 0 keeps for ever.
KEEP_DRAFTS = environment.number("TANDEM_KEEP_DRAFTS", 30)
KEEP_EVENTS = environment.number("TANDEM_KEEP_EVENTS", 180)
KEEP_CLOSED = environment.number("TANDEM_KEEP_CLOSED", 0)
# Requests a minute, all at once if need be; 0: no limit (docs/operate.md).
API_RATE = environment.number("TANDEM_API_RATE", 6_000)  # of one token
API_RATE_ORGANIZATION = environment.number("TANDEM_API_RATE_ORGANIZATION", 30_000)
KEEP_DELIVERIES = environment.number("TANDEM_KEEP_DELIVERIES", 30)
# How readers of the outbox learn what they may read next.
OUTBOX_READ = "taskers.outbox.events.settled"
# How often My work takes in verdicts, pay and standing, in seconds (docs/decisions/0014); 0: as they come.
SHOWN_EVERY = environment.number("TANDEM_SHOWN_EVERY", 300)
SESSION_ENGINE = "taskers.credentials.sessions"
SESSION_COOKIE_AGE = environment.number("TANDEM_SESSION_SECONDS", 12 * 3600)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["taskers.credentials.tokens.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "taskers.web.problems.api_exception",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem",
    "DESCRIPTION": "Send tasks, let people and models label them, fetch verdicts.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_AUTHENTICATION": None,
    "ENUM_NAME_OVERRIDES": {
        "ProjectState": ["draft", "live", "paused", "archived"],
        "BatchState": ["draft", "live", "paused", "closed", "cancelled"],
        "ImportState": ["waiting", "planning", "planned", "running", "done", "failed", "dropped"],
        "PersonKind": ["human", "model", "imported", "service"],
        "PlanRoundState": [
            *("snapshot", "searching", "training", "evaluating", "evidence"),
            *("asked", "rollout", "refused", "cannot-tell", "stopped", "failed"),
        ],
        "SearchState": ["running", "done", "stopped", "failed"],
        "SelectionState": ["on", "off"],
        "HandOutMode": ["pool", "lists", "choice"],
        "BulkState": ["running", "done", "stopped"],
        "PayoutState": ["proposed", "approved", "settled", "cancelled"],
        "DisputeState": ["open", "upheld", "refused"],
        "Role": ["owner", "manager", "reviewer", "finance", "ml_engineer", "tasker"],
        "OfficeRole": ["owner", "manager", "reviewer", "finance", "ml_engineer"],
        "BatchMoveState": ["live", "paused", "closed", "cancelled"],
        "ExclusionKind": ["paused", "blocked", "banned"],
        "AuditKind": ["acceptance", "strata", "reviewers"],
        "MistakeReason": ["missed", "extra", "label", "edges", "details", "instructions", "careless", "other"],
        "BulkVerb": "projects.workflow.bulk_verbs.ASKED",
        "RuleAction": ["pause", "skill", "message", "overlap", "audit"],
        "DeliveryState": ["waiting", "done", "dead"],
        "SubscriptionState": ["on", "off", "gone"],
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

PROCRASTINATE_IMPORT_PATHS = ["projects.jobs", "assist.jobs"]
PROCRASTINATE_ON_APP_READY = "config.carried_jobs.carry"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "config.logs.PlainLines", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "config.logs.JsonLines"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if environment.flag("TANDEM_JSON_LOGS") else "plain",
        }
    },
    # It tells of every job and every look at its schedule; jobs that fail are errors, and those stay.
    # httpx would write down every address that is asked, secrets in it and all.
    "loggers": {one: {"level": "WARNING"} for one in ("procrastinate", "httpx", "httpcore")},
    "root": {"handlers": ["stderr"], "level": os.environ.get("TANDEM_LOG_LEVEL", "INFO").upper()},
}
