"""Settings come from the environment, then the file, then defaults, and say what is wrong with them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.errors import SettingsError
from bot.settings import SETTINGS, Settings


def test_nothing_need_be_set():
    settings = Settings.read({})
    assert (settings.lang, settings.zone, settings.token, settings.typing) == (
        "zh",
        "Asia/Shanghai",
        None,
        None,
    )
    assert settings.api_url == "https://api.telegram.org"


def test_every_setting_has_a_name_and_a_sentence():
    assert all(setting.name.startswith(("TELEGRAM_", "LOBBY_DRILL_")) for setting in SETTINGS)
    assert all(setting.sentence.endswith(".") for setting in SETTINGS)


def test_the_environment_goes_before_the_file(tmp_path):
    file = tmp_path / ".env"
    file.write_text(
        '\ufeffLOBBY_DRILL_LANG=en\nexport LOBBY_DRILL_TYPING="0"\n# remark\nOTHER=x\n', encoding="utf-8"
    )
    settings = Settings.read({"LOBBY_DRILL_LANG": "zh", "LOBBY_DRILL_OWNERS": "1, 2，3"}, file)
    assert (settings.lang, settings.typing, settings.owners) == ("zh", 0, (1, 2, 3))


def test_a_missing_file_is_no_error(tmp_path):
    assert Settings.read({}, tmp_path / ".env") == Settings.read({})


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("LOBBY_DRILL_LANG", "fr", "'zh' or 'en'"),
        ("LOBBY_DRILL_OWNERS", "me", "user ids"),
        ("LOBBY_DRILL_TYPING", "-1", "from 0 to 30"),
        ("LOBBY_DRILL_TYPING", "nan", "from 0 to 30"),
        ("LOBBY_DRILL_TIMEZONE", "Mars/Olympus", "Asia/Shanghai"),
        ("LOBBY_DRILL_TIMEZONE", "../../etc/passwd", "Asia/Shanghai"),
        ("LOBBY_DRILL_LOG_LEVEL", "loud", "'DEBUG'"),
        ("TELEGRAM_API_URL", "api.telegram.org", "https://"),
        ("TELEGRAM_PROXY_URL", "ftp://x", "socks5://"),
        ("LOBBY_DRILL_WEBHOOK_LISTEN", "8080", "host:port"),
    ],
)
def test_what_is_malformed_is_named(name, value, part):
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.read({name: value})
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_named_with_its_line(tmp_path):
    file = tmp_path / ".env"
    file.write_text("A=1\nthis is no setting\n")
    with pytest.raises(SettingsError, match=r"\.env:2: this line must read NAME=value"):
        Settings.read({}, file)
    file.write_bytes(b"A=\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        Settings.read({}, file)


def test_secrets_are_not_shown_and_settings_not_changed():
    settings = Settings.read({"TELEGRAM_BOT_TOKEN": "1:secret", "TELEGRAM_PROXY_URL": "http://u:secret@h:1"})
    assert ":secret" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.lang = "en"


def test_the_database_lies_in_the_persons_data_folder():
    environ = {"HOME": "/home/li"}
    assert Settings.read({}).database_file(environ, "linux") == Path(
        "/home/li/.local/share/lobby-drill/lobby-drill.db"
    )
    elsewhere = {**environ, "XDG_DATA_HOME": "/data"}
    assert Settings.read({}).database_file(elsewhere, "linux") == Path("/data/lobby-drill/lobby-drill.db")
    assert "Application Support" in str(Settings.read({}).database_file(environ, "darwin"))
    assert "Local" in str(Settings.read({}).database_file(environ, "win32"))
    assert Settings.read({"LOBBY_DRILL_DB": "/x/y.db"}).database_file(environ) == Path("/x/y.db")
