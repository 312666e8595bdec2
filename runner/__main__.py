"""Let ``python -m runner`` do what the ``runner`` command does."""

from runner.cli import main

if __name__ == "__main__":
    main(prog_name="runner")
