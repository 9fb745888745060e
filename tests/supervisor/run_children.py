"""A supervisor over the children that the first argument describes, as a process of its own."""

import json
import sys

import uvloop

from waystation import supervisor
from waystation.supervisor import ChildSpec, Supervisor


async def main(specs: list[ChildSpec]) -> int:
    return await Supervisor(specs).run()


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    for name, value in options.get("constants", {}).items():
        setattr(supervisor, name, value)
    children = [
        ChildSpec(**{**one, "command": (sys.executable, "-S", "-c", *one["command"])})
        for one in options["children"]
    ]
    sys.exit(uvloop.run(main(children)))
