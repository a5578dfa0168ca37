"""`python -m mcsim`: the program where its own folder is not on the path, as a batch system often has it."""

import sys

from mcsim.command.main import main

if __name__ == "__main__":  # a worker process imports this file too
    sys.exit(main())
