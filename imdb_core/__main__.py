"""`python -m imdb_core`."""

from imdb_core.cli import main

raise SystemExit(main())
