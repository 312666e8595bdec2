"""Read a distribution's licence and normalise it to SPDX where its metadata allows.

Sources: "Core metadata specifications" of the Python Packaging User Guide (``License-Expression``,
``License``, ``Classifier``) and the SPDX License List.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import PackageMetadata

#: What stands for a licence that the metadata does not tell.
UNKNOWN = "unknown"

#: Spellings seen in the field ``License``, in lower case, to SPDX identifiers.
SPELLINGS = {
    "0bsd": "0BSD",
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "isc": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
    "mpl-2.0": "MPL-2.0",
    "psf-2.0": "PSF-2.0",
    "the mit license": "MIT",
}

#: Trove classifiers (their last part) to SPDX identifiers; "BSD" and "Apache" name a family only,
#: which SPDX expresses by a ``LicenseRef-``.
CLASSIFIERS = {
    "Apache Software License": "LicenseRef-Apache",
    "BSD License": "LicenseRef-BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


def licence_of(metadata: PackageMetadata) -> str:
    """Return the licence as an SPDX expression, from the most exact field that tells it."""
    expression = first(metadata, "License-Expression")
    return expression or from_field(metadata) or from_classifiers(metadata) or UNKNOWN


def first(metadata: PackageMetadata, field: str) -> str:
    """Return a field's first value, or nothing.

    A look-up of an absent field by ``[]`` is deprecated since Python 3.12.
    """
    values: list[str] = metadata.get_all(field) or [""]
    return values[0].strip()


def from_field(metadata: PackageMetadata) -> str | None:
    """Read ``License``: a name, or a whole text whose first line is a name."""
    first_line = first(metadata, "License").partition("\n")[0].strip()
    return SPELLINGS.get(first_line.lower())


def from_classifiers(metadata: PackageMetadata) -> str | None:
    """Read the licence classifiers: several mean a choice, as far as they tell."""
    classifiers: list[str] = metadata.get_all("Classifier") or []
    names = [item.rpartition(" :: ")[2] for item in classifiers if item.startswith("License :: ")]
    identifiers = sorted({CLASSIFIERS[name] for name in names if name in CLASSIFIERS})
    return " OR ".join(identifiers) or None
