def helper() -> None:
    pass
