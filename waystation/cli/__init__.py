"""`waystation …`: one module a command, nothing imported before it is needed.

The processes that the supervisor starts (`gateway`, `ledger`, `control` without options) skip the
command-line library altogether: a gateway worker stays small.
"""

import sys


def main() -> None:
    """The console script."""
    arguments = sys.argv[1:]
    if len(arguments) == 1 and arguments[0] in ("gateway", "ledger", "control"):
        from waystation.cli.process import run_process

        sys.exit(run_process(arguments[0]))
    from waystation.cli.program import run

    sys.exit(run(arguments))
