"""Asked of the interpreter of a release, as a program: its markers, or what is installed for it.

It prints one line of JSON. It runs under any Python from 3.8 on, alone: nothing else of the runner
can be imported there.
"""

from __future__ import annotations

import json
import os
import platform
import sys


def markers() -> dict[str, str]:
    """Give the environment markers (PyPA specification "Dependency specifiers")."""
    info = sys.implementation.version
    level = "" if info.releaselevel == "final" else f"{info.releaselevel[0]}{info.serial}"
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{info.major}.{info.minor}.{info.micro}{level}",
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def installed() -> list[dict[str, str]]:
    """Give every distribution that can be found, in the order of the path; empty where unknown."""
    from importlib import metadata

    return [
        {
            "name": one.metadata.get_all("Name", [""])[0],
            "version": one.metadata.get_all("Version", [""])[0],
            "folder": os.fsencode(str(one.locate_file(""))).decode("utf-8", "replace"),
        }
        for one in metadata.distributions(path=folders())
    ]


def folders() -> list[str]:
    """Give the folders that packages are imported from.

    Isolated mode leaves out those of the user; outside a virtual environment they count.
    """
    import site

    own = [] if sys.prefix != sys.base_prefix else [site.getusersitepackages()]
    return [*own, *(folder for folder in sys.path if folder not in own)]


def main(question: str) -> None:
    """Answer on standard output."""
    known = markers() if question == "markers" else installed()
    told = {"executable": sys.executable, question: known}
    sys.stdout.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
