"""Copy standard input to a file, 1 MiB at a time: pipe_to_file.py FILE [fsync]."""

import os
import sys


def main() -> None:
    """Copy it."""
    target = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while data := os.read(0, 1024 * 1024):
        os.write(target, data)
    if sys.argv[2:] == ["fsync"]:
        os.fsync(target)
    os.close(target)


if __name__ == "__main__":
    main()
