"""The helpline's server, a Django project."""
