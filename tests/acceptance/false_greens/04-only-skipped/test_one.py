import pytest


@pytest.mark.skip(reason="never")
def test_one() -> None:
    pass
