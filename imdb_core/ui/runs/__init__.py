"""The Runs page: the table, one run, several compared, the bin."""
