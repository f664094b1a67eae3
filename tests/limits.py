"""How long tests wait: so long that no machine, however slow and busy, is found at fault.

It ends what hangs, in time for a report before the whole test's own limit (pyproject.toml).
"""

LIMIT_S = 300.0
LIMIT_MS = 1000 * LIMIT_S
