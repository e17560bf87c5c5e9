"""What the command line shares: options, tables, and forms of output."""
