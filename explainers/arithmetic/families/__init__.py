"""How each architecture's layers are taken apart, one file per family, each exporting ARITHMETIC."""
