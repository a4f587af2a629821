"""Letters between a person and the helpline, kept sealed: no key that opens one is ever here."""
