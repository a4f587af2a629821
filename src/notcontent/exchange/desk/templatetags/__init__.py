"""What the desk's templates write in the reader's language."""
