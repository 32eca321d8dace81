"""`python -m connectors.cli`: the command `lianfang` where the script is not on the path."""

from connectors.cli import main

main(prog_name="lianfang")
