"""`python -m alzer.cli`: the same as the program `alzer`."""

from alzer.cli.app import main

main()
