"""Where does it look, is that more than uniform, and does it explain? The attention of trained models."""

from pages._shared import attending

attending.page()
