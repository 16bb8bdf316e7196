"""What another catalog would have billed: both bills of each month held against each other, as tables and as a page."""
