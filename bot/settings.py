"""Settings from the environment and a ``.env`` file, checked when read, never changed afterwards.

The fields of `Settings` are the one list of settings: name, default and a sentence each; the README's
table and ``doctor`` follow from it.
"""

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from dotenv.parser import parse_stream
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import SettingsError
from dialogues.languages import LANGUAGES
from dialogues.scenario import Lang

ENV_FILE = ".env"


def _ids(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.replace("，", ",").split(",") if part.strip()]
    if not all(part.isdecimal() for part in ids):
        raise ValueError("setting_ids")
    return tuple(int(part) for part in ids)


def _zone(value: Any) -> Any:
    try:
        ZoneInfo(str(value))
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("setting_zone") from error
    return value


def _level(value: Any) -> Any:
    return str(value).upper()


def _http(value: Any) -> Any:
    if not str(value).startswith(("http://", "https://")):
        raise ValueError("setting_http")
    return str(value).rstrip("/")


def _proxy(value: Any) -> Any:
    if not str(value).startswith(("http://", "https://", "socks5://", "socks5h://")):
        raise ValueError("setting_proxy")
    return value


def _listen(value: Any) -> Any:
    host, _, port = str(value).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("setting_listen")
    return value


def _folder(value: Any) -> Any:
    if not Path(str(value)).expanduser().is_dir():
        raise ValueError("setting_folder")
    return Path(str(value)).expanduser()


class Settings(BaseModel):
    """How this installation is set up."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    token: SecretStr | None = Field(
        None,
        alias="TELEGRAM_BOT_TOKEN",
        description="The bot's token from @BotFather; needed by `serve` alone.",
    )
    api_url: Annotated[str, BeforeValidator(_http)] = Field(
        "https://api.telegram.org", alias="TELEGRAM_API_URL", description="Root of the Bot API server."
    )
    proxy_url: Annotated[SecretStr | None, BeforeValidator(_proxy)] = Field(
        None,
        alias="TELEGRAM_PROXY_URL",
        description="Proxy on the way to Telegram: http://… or socks5://…, with user:password@ if it asks.",
    )
    database: Path | None = Field(
        None,
        alias="LOBBY_DRILL_DB",
        description="The SQLite file; by default in the person's data folder.",
    )
    lang: Lang = Field(
        LANGUAGES[0], alias="LOBBY_DRILL_LANG", description="Language where nobody has chosen one: zh or en."
    )
    zone: Annotated[str, BeforeValidator(_zone)] = Field(
        "Asia/Shanghai", alias="LOBBY_DRILL_TIMEZONE", description="Time zone in which days are counted."
    )
    owners: Annotated[tuple[int, ...], BeforeValidator(_ids)] = Field(
        (), alias="LOBBY_DRILL_OWNERS", description="Telegram user ids of the owners, with commas between."
    )
    typing: float | None = Field(
        None,
        alias="LOBBY_DRILL_TYPING",
        ge=0,
        le=30,
        description='Seconds of "typing…" that a customer\'s line takes; lifelike by default, 0 for none.',
    )
    scenarios: Annotated[Path | None, BeforeValidator(_folder)] = Field(
        None, alias="LOBBY_DRILL_SCENARIOS", description="A folder of further scenarios."
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_level)] = Field(
        "INFO",
        alias="LOBBY_DRILL_LOG_LEVEL",
        description="How much is logged: DEBUG, INFO, WARNING or ERROR.",
    )
    webhook_url: Annotated[str | None, BeforeValidator(_http)] = Field(
        None,
        alias="LOBBY_DRILL_WEBHOOK_URL",
        description="Public address for updates; without it the bot polls.",
    )
    webhook_listen: Annotated[str, BeforeValidator(_listen)] = Field(
        "127.0.0.1:8080",
        alias="LOBBY_DRILL_WEBHOOK_LISTEN",
        description="Where the webhook listens, as host:port.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        alias="LOBBY_DRILL_WEBHOOK_SECRET",
        description="Secret that Telegram sends along with each update; made up at the start if absent.",
    )

    @classmethod
    def read(cls, environ: Mapping[str, str], env_file: Path | None = None) -> "Settings":
        """Settings from the environment, then the file, then defaults; what is empty counts as absent.

        Args:
            environ: The environment.
            env_file: A file of ``NAME=value`` lines; it may be missing.

        Raises:
            SettingsError: Something is malformed; the message names it and says what to do.
        """
        given = _file(env_file) if env_file else {}
        given |= environ
        names = {setting.name for setting in SETTINGS}
        values = {name: value.strip() for name, value in given.items() if name in names and value.strip()}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _explain(error) from None

    def database_file(self, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
        """The SQLite file: as set, or in the person's data folder."""
        if self.database is not None:
            return self.database.expanduser()
        return data_folder(environ, platform) / "lobby-drill.db"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, for whoever sets it.

    Attributes:
        name: Name of the environment variable.
        field: Field of `Settings`.
        default: Default as it would be written; empty for none.
        sentence: What it is for.
    """

    name: str
    field: str
    default: str
    sentence: str


def _settings() -> tuple[Setting, ...]:
    return tuple(
        Setting(info.alias or name, name, _written(info.default), info.description or "")
        for name, info in Settings.model_fields.items()
    )


def _written(default: object) -> str:
    return "" if default is None or default == () else str(default)


SETTINGS = _settings()
"""Every setting, in the order of the README."""


def data_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where a person's programs keep their data."""
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    if platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "lobby-drill"


def _file(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise SettingsError("setting_file_utf8", file=path) from None
    except OSError as error:
        raise SettingsError("cli_cannot_read", file=path, reason=error.strerror) from None
    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            raise SettingsError("setting_file_line", file=path, line=binding.original.line)
        if binding.key:
            values[binding.key] = binding.value or ""
    return values


def _explain(error: ValidationError) -> SettingsError:
    first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "value_error":
        return SettingsError(str(first["ctx"]["error"]), name=name)
    if first["type"] == "literal_error":
        return SettingsError("setting_choice", name=name, choices=first["ctx"]["expected"])
    return SettingsError("setting_number", name=name)
