"""The API of the StatBank: the client, what is published, and answers."""
