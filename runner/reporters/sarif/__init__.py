"""SARIF 2.1.0 of a scan, for code scanning.

The format is "Static Analysis Results Interchange Format (SARIF) Version 2.1.0" of OASIS, with
errata 01; what GitHub reads of it, and its limits, are in its "SARIF support for code scanning".
A scan that could not be judged says so (``executionSuccessful``), so that its few or no results are
not taken for good news.
"""

from __future__ import annotations

from runner.reporters.sarif.log import Scan, sarif
from runner.reporters.sarif.writing import places_of, report

__all__ = ["Scan", "places_of", "report", "sarif"]
