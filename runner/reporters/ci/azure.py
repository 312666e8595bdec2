"""Azure Pipelines: groups, issues, variables and the summary by logging commands.

Source: "Logging commands" of Azure DevOps' documentation; values escape ``%``, line ends, and in
properties ``;`` and ``]`` (`Command` of the agent's own sources, microsoft/azure-pipelines-agent).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.reporters.ci.base import Note, Product, Section, Silent
from runner.reporters.text import clean


class Azure(Silent):
    """Speaks ``##[group]`` and ``##vso[…]``."""

    name: str = "azure"
    """As people know it."""
    private: frozenset[str] = frozenset({"SYSTEM_ACCESSTOKEN"})
    """The token of the job."""
    workspace: str = "BUILD_SOURCESDIRECTORY"
    """The checkout."""

    def open_section(self, section: Section) -> Iterator[str]:
        """Begin a group."""
        yield f"##[group]{section.title}"

    def close_section(self, section: Section) -> Iterator[str]:
        """End it."""
        del section
        yield "##[endgroup]"

    def note(self, notes: tuple[Note, ...]) -> Iterator[str]:
        """Log an issue for each."""
        for note in notes:
            properties: dict[str, str] = {"type": note.level}
            if note.place:
                place = self.located(note.place)
                properties["sourcepath"] = place.file
                properties["linenumber"] = str(place.line)
                properties["columnnumber"] = str(place.column)
            yield _command("task.logissue", properties, f"{note.title}: {note.message}")

    def hand_over(self, product: Product) -> Iterator[str]:
        """Set variables that later steps and jobs read, publish the tests, add the summary."""
        for name, value in product.values.items():
            yield _command("task.setvariable", {"variable": name, "isOutput": "true"}, value)
        if product.junit:
            files = str(product.junit.absolute())
            yield _command("results.publish", {"type": "JUnit", "resultFiles": files}, "")
        if product.summary:
            yield _command("task.uploadsummary", {}, str(product.summary.absolute()))


AZURE = Azure
"""The system."""


def _command(name: str, properties: Mapping[str, str], data: str) -> str:
    told = "".join(f"{key}={_property(text)};" for key, text in properties.items())
    return f"##vso[{name}{' ' if told else ''}{told}]{_data(clean(data))}"


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
