"""Runs several commands, each in a fork of a process that has imported what is slow; prints what became of them."""

import json
import os
import sys
import tempfile

from bridge.run.server import configure

configure(console="CRITICAL")
import prefect.flows  # noqa: E402, F401 - three seconds, once

import bridge.run.check  # noqa: E402
import bridge.run.launch  # noqa: E402, F401
from bridge.inspect.cli import main  # noqa: E402

answers = []
for words in json.loads(sys.argv[1]):
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            sys.argv = ["scalebridge", *words]
            code = 99
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        errors.seek(0)
        answers.append({"code": code, "out": out.read(), "errors": errors.read()})
print(json.dumps(answers))
