"""JSON for programs: one value a line, UTF-8, and an error that stays on its own line."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bot.errors import CommandError
from dialogues.languages import Texts


def dump(value: Any) -> str:
    """A value as one line of JSON; characters stay readable wherever UTF-8 can carry them."""
    line = json.dumps(value, ensure_ascii=False)
    return line if _sound(line) else json.dumps(value)


def parse(raw: bytes) -> Any:
    """The value of some JSON in UTF-8, with or without a byte order mark.

    Raises:
        CommandError: It is none.
    """
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise CommandError("cli_not_utf8") from error
    except json.JSONDecodeError as error:
        raise CommandError(
            "cli_not_json", line=error.lineno, column=error.colno, reason=error.msg.lower()
        ) from error
    except RecursionError as error:
        raise CommandError("cli_too_deep") from error
    except ValueError as error:  # a number of thousands of digits
        raise CommandError("cli_not_json", line=1, column=1, reason=str(error).partition(":")[0]) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def answers(
    source: Iterable[bytes], answer: Callable[["Fields"], dict[str, Any]], texts: Texts
) -> Iterator[dict[str, Any]]:
    """Answer each line of JSON with an object that carries its ``id``, in order.

    Args:
        source: The lines.
        answer: From a line's fields to the answer.
        texts: The language of errors; a line that can't be answered gives ``{"id", "error"}``.
    """
    for raw in source:
        identifier = None
        try:
            data = parse(raw)
            if not isinstance(data, dict):
                raise CommandError("cli_not_object")
            identifier = data.get("id")
            yield {"id": identifier, **answer(Fields(data))}
        except CommandError as error:
            yield {"id": identifier, "error": texts.say(error.key, **error.values)}


LONGEST = 20_000
"""Characters of a text; no reply in a chat is a fifth as long."""

_REQUIRED: Any = object()


class Fields:
    """The fields of one object, taken out by kind.

    Each method takes a field's name and what to use where it is absent or null (without that the
    field is required), and raises `CommandError` where the field is of another kind.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def text(self, field: str, default: Any = _REQUIRED) -> Any:
        """A text."""
        value = self._get(field, default)
        if value is default:
            return value
        if not isinstance(value, str):
            raise CommandError("cli_field_text", field=field)
        return _checked(field, value)

    def number(self, field: str, default: int) -> int:
        """A whole number."""
        value = self._get(field, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise CommandError("cli_field_number", field=field)
        return value

    def texts(self, field: str) -> list[str]:
        """An array of texts."""
        return texts(self._get(field, _REQUIRED), CommandError("cli_field_texts", field=field), field)

    def _get(self, field: str, default: Any) -> Any:
        value = self._data.get(field)
        if value is None and default is _REQUIRED:
            raise CommandError("cli_field_missing", field=field)
        return default if value is None else value


def texts(value: Any, wrong: CommandError, name: str) -> list[str]:
    """A value that is to be an array of texts.

    Args:
        value: What was read.
        wrong: Raised where it is something else.
        name: What the array is called, for the error about broken characters.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong
    return [_checked(name, item) for item in value]


def _checked(field: str, text: str) -> str:
    if len(text) > LONGEST:
        raise CommandError("cli_too_long", field=field, most=LONGEST)
    if not _sound(text):
        raise CommandError("cli_bad_text", field=field)
    return text


def _sound(text: str) -> bool:
    """Whether UTF-8 can carry it: JSON can spell half of a character, which no encoding has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
