"""The Evaluate page: a network on a whole split, and where it fails."""
