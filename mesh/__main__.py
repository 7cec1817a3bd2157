"""`python -m mesh`: the `mesh` command where it is not installed, as in a pipeline's checkout."""

from mesh.cli import main

main()
