"""What the server answers beside the pages: the live feed."""
