"""Places that hold the same listed pictures: what a closed group became, told from verified matches alone."""
