from pathlib import Path

import pytest


def pytest_unconfigure(config: pytest.Config) -> None:
    report = Path(config.option.xmlpath)
    report.write_bytes(report.read_bytes()[:80])
