"""The rule tables: read, validated, edited, and found by the names that people write."""
