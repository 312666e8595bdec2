"""The command: ``runner``, and the same as ``python -m runner``."""

import gc

_GARBAGE = 200_000
"""Containers more than there were, from which the cyclic garbage collector looks at the young.

With Python's 700 the looks took a tenth of the time of a run of small checks, and found nothing:
what is loaded stays, and what checks leave is freed by counting. At 200,000 containers a process
holds some 20 MB more at most.
"""


def run() -> None:
    """Run the command."""
    gc.set_threshold(_GARBAGE, 10, 10)  # before anything is loaded
    from runner.cli import main

    try:
        main(prog_name="runner")
    finally:
        gc.freeze()  # the interpreter's end looks at everything once more


if __name__ == "__main__":
    run()
