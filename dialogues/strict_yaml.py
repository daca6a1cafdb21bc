"""YAML read strictly: duplicate keys are errors, every scalar is text, and each value knows its line.

Plain PyYAML keeps the last of two equal keys in silence and reads ``no``, ``on`` and ``10:30`` as
something else than text. Aliases are refused: a few lines of them can fill the memory.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from dialogues.errors import ContentError

_MAX_BYTES = 1_000_000

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values, and the line on which each stands.

    Attributes:
        data: Mappings, lists and texts.
        lines: The line (from 1) of each value, by its path in the data.
    """

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest value around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str, file: str) -> Document:
    """Read one document.

    Raises:
        ContentError: It is no YAML, or uses what is refused here; the error names the line.
    """
    if len(text.encode()) > _MAX_BYTES:
        raise ContentError(file, 1, f"the file is larger than {_MAX_BYTES:,} bytes")
    loader_class = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader_class):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise ContentError(file, line, "aliases (*name) are not allowed")
        node = yaml.compose(text, Loader=loader_class)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContentError(file, mark.line + 1 if mark else 1, str(error.problem or error.context)) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ContentError(file, 1, str(error).splitlines()[0]) from error
    lines: dict[Path, int] = {}
    return Document(_value(node, (), lines, file) if node else {}, lines)


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise ContentError(file, key_node.start_mark.line + 1, "a key must be text")
            if key in mapping:
                raise ContentError(file, key_node.start_mark.line + 1, f"the key {key!r} stands here twice")
            mapping[key] = _value(value_node, (*path, key), lines, file)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines, file) for index, item in enumerate(node.value)]
    return node.value
