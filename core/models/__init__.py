"""Models, one file per architecture, each exporting MODEL."""
