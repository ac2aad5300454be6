"""What has it learned? Graph, embedding, confusion matrix and table of nodes, on one selection."""

from pages._shared import exploring

exploring.page()
