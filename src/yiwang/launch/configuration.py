"""The one typed object of settings: from `YIWANG_*` in the environment and, below it, one TOML file.

DO NOT read the environment anywhere else. Every field `name` is set by `YIWANG_NAME` or by `name = …` in the file;
the environment wins. Loading reads; it starts and writes nothing.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

__all__ = ["Configuration", "ConfigurationFault", "load"]

PREFIX = "YIWANG_"
DEMO_MARK = "demo"  # a file in the data folder: this folder was made by `yiwang demo` and stays a demo city
SIZE_MARK = "size"  # beside it: how large that city is


class ConfigurationFault(Exception):
    """Settings that cannot be used; the message lists every fault with the name to correct."""


def _repository_packs() -> tuple[Path, ...]:
    return (Path(__file__).resolve().parents[3] / "packs",)


def _split(value: object) -> object:
    return (
        [part for part in value.split(os.pathsep if "/" in value else ",") if part] if isinstance(value, str) else value
    )


AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Configuration(BaseModel):
    """What one installation is told from outside. Immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True)

    data_dir: AbsolutePath = Path("var")
    """Where everything stands that this installation keeps: the embedded database, keys, files, logs."""

    database_url: str | None = None
    """The owner's URL of a PostgreSQL 15 or later; none means the embedded server in `data_dir`."""

    app_database_url: str | None = None
    """The URL for web, worker and scheduler; none means the owner's URL with the user `yiwang_app`."""

    database_name: str = "yiwang"
    """Name of the database on the embedded server."""

    postgres_binaries: AbsolutePath | None = None
    """Folder with `initdb` and `postgres` for the embedded server; none means those that came with the installation."""

    packs_dirs: Annotated[tuple[AbsolutePath, ...], BeforeValidator(_split)] = Field(default_factory=_repository_packs)
    """Folders that hold packs, separated by `:`."""

    files_dir: AbsolutePath | None = None
    """Where stored files stand; none means `data_dir/files`."""

    largest_upload_mb: Annotated[int, Field(ge=1, le=200)] = 50
    """Megabytes of the largest file that people may hand in, whatever an element allows."""

    uploads_a_day_mb: Annotated[int, Field(ge=1)] = 500
    """Megabytes that one account may hand in on one day; a small file counts as 100 kB."""

    clamav: Annotated[str, Field(pattern=r"^(unix:/.+|.+:[0-9]+)$")] | None = None
    """Where ClamAV scans files that are handed in, `host:port` or `unix:/run/clamav/clamd.ctl`; none means that they are not
    scanned. While a scanner that is named does not answer, no file is taken.
    """

    smtp_url: Annotated[str, Field(pattern=r"^mailtos?://.+")] | None = None
    """The mail server, as Apprise writes it: `mailtos://name:password@mail.example.cn:465?from=city@example.cn`; none means that messages
    stay in the inbox. A secret.
    """

    city: str | None = None
    """Id of the pack that is this installation's city; none means every pack found."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: Annotated[int, Field(ge=1, le=65535)] = 8460
    """Port to listen on."""

    public_address: Annotated[str | None, Field(pattern=r"^https?://[^\s/]+$")] = None
    """Under which the public reaches the pages, such as `https://zwfw.example.gov.cn`; printed into certificates, and the one address at
    which passkeys serve (with HTTPS and a name). None means the address to listen on; passkeys then serve at `localhost`.
    """

    site_sponsor: str = ""
    """Who answers for the public site 主办单位; empty means that the footer says it is still to be entered."""

    site_operator: str = ""
    """Who runs the public site 承办单位; empty leaves the line out."""

    site_contact: str = ""
    """How the public reaches whoever runs the site 联系方式: a telephone number, an address; empty means still to be entered."""

    site_code: str = ""
    """The code of the government site 网站标识码; empty means still to be entered."""

    site_icp: str = ""
    """The registration of the site 备案号 (ICP), as it was given; empty means still to be entered."""

    site_police: str = ""
    """The registration with the police 公安备案号, as it was given; empty means still to be entered."""

    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_split)] = ("127.0.0.1", "localhost", "[::1]")
    """Host names under which the faces may be asked for, separated by commas."""

    https: bool = False
    """Whether browsers reach the faces by HTTPS (through a proxy that sets X-Forwarded-Proto): cookies become Secure,
    HSTS is sent.
    """

    session_idle_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    """Minutes without a request after which one has to sign in again; GB/T 22239-2019 8.1.4.1 b), in practice 15 to 30."""

    session_hours: Annotated[int, Field(ge=1, le=24)] = 8
    """Hours after signing in after which one has to sign in again, whatever one does meanwhile."""

    proof_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 15
    """Minutes for which who has signed in may do something dangerous, such as assigning posts, before he is asked for password and second
    factor once more; 0 for as long as the session lasts."""

    consent_days: Annotated[int, Field(ge=0, le=90)] = 7
    """Days for which an administrator's request for the consent of another waits; 0 lets each act alone, as in a city that is being set
    up. Asked for: seating and unseating administrators, changing what posts are there to do, reorganising units."""

    emergency_minutes: Annotated[int, Field(ge=0, le=240)] = 30
    """Minutes for which an emergency access 应急查阅 lasts once another administrator has consented; 0 lets nobody open anything. In a city
    without consents (`YIWANG_CONSENT_DAYS=0`) nobody can."""

    sessions_at_once: Annotated[int, Field(ge=1, le=1000)] = 5
    """In how many places an account may be signed in at once; one more ends the one used longest ago. An administrator's: one."""

    password_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days after which an officer has to take another password; 0 for never. Unset: 90, and in a demo city never. GB/T 22239-2019
    8.1.4.1 a) asks for regular changes. Residents keep theirs."""

    second_factor: Literal["offered", "administrators", "officers"] | None = None
    """Who has to sign in with a passkey or a code of an authenticator app beside the password; everybody may. Unset:
    administrators, and in a demo city nobody. GB/T 22239-2019 8.1.4.1 d) asks level 3 for two factors."""

    web_workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Web processes, each with four threads; about one for each core."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least weighty lines that are logged."""

    log_format: Literal["json", "console"] = "json"
    """`json` for machines, one object a line; `console` for eyes."""

    demo: bool = False
    """An invented city: log-ins are printed, business time can be moved, every page says so."""

    size: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")] = "city"
    """How large an invented city is: a size that its packs know (tiny, small, city, large), or a number of residents."""

    origin: Literal["live", "rehearsal"] = "live"
    """`rehearsal` flags every row that anybody makes here as a rehearsal's."""

    debug: bool = False
    """Django's pages for developers. Never where others can reach them: they show settings and data."""

    @property
    def files(self) -> Path:
        """The folder of stored files."""
        return self.files_dir or self.data_dir / "files"

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the faces."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def public_url(self) -> str:
        """Where the public finds the pages, without a slash at the end."""
        return self.public_address or self.address

    def as_environment(self) -> dict[str, str]:
        """The `YIWANG_*` variables that make a child process load the same settings."""
        given: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, tuple):
                value = (os.pathsep if name.endswith("_dirs") else ",").join(str(part) for part in value)
            given[PREFIX + name.upper()] = str(value)
        return given


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Configuration:
    """Return the settings from `environ` (default: the process's) over `file` (default: `YIWANG_CONFIGURATION`, if
    named).

    A data folder that `yiwang demo` made is a demo city of its size in every later command. Raises ConfigurationFault.
    """
    environ = os.environ if environ is None else environ
    if file is None and (named := environ.get(PREFIX + "CONFIGURATION")):
        file = Path(named)
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as fault:
            raise ConfigurationFault(f"{file}: {fault}") from fault
    for name in Configuration.model_fields:
        if (value := environ.get(PREFIX + name.upper())) is not None:
            values[name] = value
    try:
        found = Configuration.model_validate(values)
    except ValidationError as fault:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in fault.errors()]
        raise ConfigurationFault(
            "These settings cannot be used (each is set by YIWANG_<NAME> or in the configuration file):\n  "
            + "\n  ".join(lines)
        ) from fault
    if (found.data_dir / DEMO_MARK).exists():
        found = found.model_copy(update={"demo": True})
        if (size := found.data_dir / SIZE_MARK).exists():
            found = found.model_copy(update={"size": size.read_text("ascii").strip()})
    return found
