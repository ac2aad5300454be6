"""Do neighbours tell a node's class? The graph's own numbers, where edges go, and why the measures disagree; nothing is trained."""

from pages._shared import neighbouring

neighbouring.page()
