"""What an exercise puts on paper: the blocks of a sheet and of its key, still without a format."""
