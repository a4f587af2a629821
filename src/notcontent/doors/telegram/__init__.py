"""A bot for the admins of a Telegram group: it asks a guard about what is posted, and holds no list itself."""
