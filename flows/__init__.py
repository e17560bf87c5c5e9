"""When and in what order: the Prefect flows, their deployments, and the command line."""
