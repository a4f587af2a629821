"""Sweeping what lies in buckets: S3 and what speaks like it, and the queue that tells of new objects."""
