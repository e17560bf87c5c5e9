"""`klynge status`: what is published, what is held, and what is written."""

from __future__ import annotations

import typer

from flows.terminal import options


def status(
    context: typer.Context,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
) -> None:
    """Show what is held and written, and what the StatBank has published."""
    settings = options.settings(data_dir, reports_dir)
    from flows.terminal import console
    from pipeline.revisions.store import written_revisions
    from pipeline.snapshots.acquisition import Access, Acquisition

    acquisition = Acquisition(settings, Access(), context.obj)
    console.print_held(acquisition.store, written_revisions(settings.reports_dir))
    console.print_published(acquisition.publication)
