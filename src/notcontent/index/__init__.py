"""Fingerprints become the entries near them, exactly."""
