"""The heavy half of `hopscope train`, imported once its words are known to be of that command."""
