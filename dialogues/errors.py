"""Errors of the content and the grader.

DialogueError
├── ContentError          a content file can't be used; names file and line
├── UnknownScenarioError  no scenario has that id
└── WeightsError          the trained weights are missing or don't fit this version
"""


class DialogueError(Exception):
    """Anything that this package reports."""


class ContentError(DialogueError):
    """A content file can't be used.

    Attributes:
        file: Path as the author knows it.
        line: Line, from 1.
        message: What is wrong.
    """

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


class UnknownScenarioError(DialogueError):
    """No scenario has that id."""


class WeightsError(DialogueError):
    """The trained weights are missing or don't fit this version."""
