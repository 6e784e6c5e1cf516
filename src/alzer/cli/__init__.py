"""The command line: arguments in, calls and exit codes out."""
