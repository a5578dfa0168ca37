"""The command line: argv, one call, an exit code."""
