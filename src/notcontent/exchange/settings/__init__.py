"""Django settings: what every face needs, and one module a face."""
