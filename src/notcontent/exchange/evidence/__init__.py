"""Evidence that the helpline keeps: sealed, signed, timestamped, and never touched without a row of custody."""
