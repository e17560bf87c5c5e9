"""The newest revision to everyone who gets it, by folder and by e-mail."""
