"""Starts the program of a code bundle in place of the entry point `a0`, which has unpacked the bundle.

The first argument of the resolver is the name of the program, and the others are its arguments. The options of `a0` follow them.
"""

import os
import sys


class Resolver:
    def load_task(self, args):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), args[0])
        options = sys.argv[1 : sys.argv.index("--resolver")]
        try:
            os.execv(program, [program, *args[1:], *options])
        except OSError as error:
            # Every other exception would make the backend restart the pod forever.
            from flyte.errors import NonRecoverableError

            message = f"cannot start {program}: {error.strerror}"
            raise NonRecoverableError(message, "CannotStart") from None
