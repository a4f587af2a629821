"""A door for whatever asks a clamd: the INSTREAM protocol of clamd(8)."""
