"""Django's settings, made from one `Configuration`.

Importing this starts, reads and writes nothing; `set_up` does it once.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from yiwang.kernel.origin import use_origin
from yiwang.launch import keys
from yiwang.launch.configuration import Configuration, load
from yiwang.launch.databases import APP
from yiwang.launch.postgres import Server

__all__ = ["configuration", "database_url", "django_settings", "set_up"]

SOURCE = Path(__file__).resolve().parent
FRONTEND = SOURCE.parents[1] / "frontend" / "dist"
ENGINES = (
    "outbox", "audit", "acts", "subjects", "identity", "places", "catalog", "records", "documents", "cases",
    "content", "messaging", "supervision", "packs", "api", "desk", "portal",
)  # fmt: skip

_active: Configuration | None = None


def configuration() -> Configuration:
    """The settings in force. Raises RuntimeError before `set_up`."""
    if _active is None:
        raise RuntimeError("yiwang.settings.set_up() has not been called.")
    return _active


def database_url(given: Configuration, role: Literal["app", "owner"]) -> str:
    """Where `role` connects: the named server, or the embedded one of the data folder."""
    if given.database_url is None:
        return Server(given.data_dir, given.postgres_binaries).url(given.database_name, role)
    if role == "owner":
        return given.database_url
    return given.app_database_url or _with_user(given.database_url, APP)


def set_up(
    configuration: Configuration | None = None, *, role: Literal["app", "owner"] = "app", lasting: bool = True
) -> None:
    """Configure Django for this process and load the engines. Once; a second call does nothing.

    role: `app` for web, worker and scheduler; `owner` for migrate and apply.
    lasting: False for what only reads files (`check`): no data folder is made, no session outlives the process.
    """
    global _active
    if _active is not None:
        return
    import django
    from django.conf import settings

    _active = configuration or load()
    use_origin(_active.origin)
    if lasting:
        keys.ensure(_active.data_dir)
    secret_key = keys.secret_key(_active.data_dir) if lasting else secrets.token_urlsafe(64)
    settings.configure(**django_settings(_active, role, secret_key=secret_key))
    if _active.demo:
        from yiwang.kernel import time

        time.use_offset_file(_active.data_dir / "time.json")
    django.setup()


def _with_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


def _database(url: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    found = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{ours: str(found.pop(theirs, "")) for ours, theirs in names.items()},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # a statement that comes again and again is parsed and planned once in a session
        "OPTIONS": {**found, "server_side_binding": True, "prepare_threshold": 3},
    }


def django_settings(given: Configuration, role: Literal["app", "owner"], *, secret_key: str) -> dict[str, Any]:
    """Every setting that Django gets, by name."""
    return {
        "DEBUG": given.debug,
        "SECRET_KEY": secret_key,
        "ALLOWED_HOSTS": list(given.allowed_hosts),
        "INSTALLED_APPS": [
            *(f"yiwang.{name}" for name in ENGINES),
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.messages",
            "whitenoise.runserver_nostatic",
            "django.contrib.staticfiles",
            "procrastinate.contrib.django",
            "ninja",
            # the editors' workbench for pages of the portal
            "wagtail.users",
            "wagtail.documents",  # its addresses are asked for by every page of the workbench; nobody may use them
            "wagtail.images",
            "wagtail.search",
            "wagtail.admin",
            "wagtail",
            "modelcluster",
            "taggit",
            "django_filters",
        ],
        "MIDDLEWARE": [
            "yiwang.api.middleware.RequestLog",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "yiwang.api.kept.KeptPages",
            "yiwang.api.middleware.Sessions",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "yiwang.api.pages.FacesMiddleware",
            "yiwang.api.uploads.UploadGate",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        "ROOT_URLCONF": "yiwang.urls",
        "WSGI_APPLICATION": "yiwang.wsgi.application",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [SOURCE / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.template.context_processors.i18n",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "yiwang.api.context.frame",
                    ]
                },
            }
        ],
        "DATABASES": {"default": _database(database_url(given, role))},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "AUTH_USER_MODEL": "identity.Account",
        "AUTHENTICATION_BACKENDS": ["yiwang.identity.services.sessions.AccountBackend"],
        "SESSION_ENGINE": "yiwang.identity.services.sessions",
        "PASSWORD_HASHERS": [
            "django.contrib.auth.hashers.Argon2PasswordHasher",
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ],
        "STORAGES": {
            "default": {"BACKEND": "yiwang.portal.editing.pictures.PictureStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        "USE_TZ": True,
        "TIME_ZONE": "Asia/Shanghai",
        "USE_I18N": True,
        "LANGUAGE_CODE": "zh-hans",
        "LANGUAGES": [("zh-hans", "简体中文"), ("en", "English")],
        "LOCALE_PATHS": [SOURCE / "locale"],
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [FRONTEND] if FRONTEND.is_dir() else [],
        "STATIC_ROOT": None,  # nothing is collected: whitenoise serves the build where it stands
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": given.debug,
        "WHITENOISE_IMMUTABLE_FILE_TEST": r"^/static/assets/.+-[\w-]{8}\.\w+$",  # Vite puts a digest into the name
        "SESSION_COOKIE_NAME": "yiwang_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": given.https,
        "SESSION_COOKIE_AGE": given.session_hours * 3600,
        "CSRF_COOKIE_NAME": "yiwang_csrf",
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_COOKIE_SECURE": given.https,
        "CSRF_FAILURE_VIEW": "yiwang.api.pages.csrf_failure",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "SECURE_HSTS_SECONDS": 31_536_000 if given.https else 0,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if given.https else None,
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 5_000,  # a page of many sections has a field for each word of each link
        "WAGTAIL_SITE_NAME": "一网",
        "WAGTAIL_GRAVATAR_PROVIDER_URL": None,  # nothing about an officer goes abroad
        "WAGTAIL_ENABLE_UPDATE_CHECK": False,
        "WAGTAIL_ENABLE_WHATS_NEW_BANNER": False,
        "WAGTAILADMIN_BASE_URL": f"http://127.0.0.1:{given.port}",
        "WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS": False,  # there are none
        "WAGTAILADMIN_UNSAFE_PAGE_DELETION_LIMIT": 1,
        "WAGTAILIMAGES_EXTENSIONS": ["jpg", "jpeg", "png", "webp"],
        "WAGTAILIMAGES_MAX_UPLOAD_SIZE": 10 << 20,
        "WAGTAILIMAGES_MAX_IMAGE_PIXELS": 40_000_000,
        "WAGTAILSEARCH_BACKENDS": {"default": {"BACKEND": "wagtail.search.backends.database"}},
        "LOGGING_CONFIG": None,
        "PROCRASTINATE_AUTODISCOVER_MODULE_NAME": "jobs",
        "YIWANG": given,  # the same as `configuration()`, for what only sees Django
    }
