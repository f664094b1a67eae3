"""The Score page: a verdict, how the network read, why, and whole files."""
