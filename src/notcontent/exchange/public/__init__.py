"""What everybody may know: counts by month, small ones withheld, and what states demanded."""
