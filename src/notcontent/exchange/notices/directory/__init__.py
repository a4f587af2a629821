"""Where sites take notices: a data file for each, with its source and the day on which somebody checked it."""
