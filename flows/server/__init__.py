"""Prefect on this machine: servers, workers, deployments."""
