"""Shapes: one description from which both the loader and the JSON Schema are made.

A shape reads a YAML node into a typed value, or raises `PlaybookInvalid` with every problem
below that node, each with its place. The same shape gives its JSON Schema (draft 2020-12), so
the published schema cannot drift from the loader.
"""

from runner.playbook.shapes.base import Shape, each, refuse, tag_of
from runner.playbook.shapes.containers import Either, Field, ListOf, MapOf, OneKeyOf, Record
from runner.playbook.shapes.scalars import (
    Boolean,
    Choice,
    Convert,
    Integer,
    Number,
    Scalar,
    Text,
)
from runner.playbook.shapes.special import Raw, ShellText

__all__ = [
    "Boolean",
    "Choice",
    "Convert",
    "Either",
    "Field",
    "Integer",
    "ListOf",
    "MapOf",
    "Number",
    "OneKeyOf",
    "Raw",
    "Record",
    "Scalar",
    "Shape",
    "ShellText",
    "Text",
    "each",
    "refuse",
    "tag_of",
]
