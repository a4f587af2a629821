"""What runs on the person's own machine besides the page."""
