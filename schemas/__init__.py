"""What data must look like: codes, quarters, tables, and readable failures."""
