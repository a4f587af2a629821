"""Cases: what a person told, and what she can see and take back."""
