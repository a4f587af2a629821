"""Lists of others, told to your own guard as a signed feed: StopNCII.org, NCMEC, files of hashes."""
