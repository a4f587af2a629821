"""The person's page, served as written."""
