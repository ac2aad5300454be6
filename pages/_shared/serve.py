"""Start the server: `python -m pages._shared.serve [options of streamlit run]`."""

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

# A folder named pages makes Streamlit look for its older kind of pages until app.py has run once: a link to any
# page but the first, opened right after the start, would then be greeted by "Page not found".
PagesManager.uses_pages_directory = False
sys.argv = ["streamlit", "run", str(Path(__file__).resolve().parents[2] / "app.py"), *sys.argv[1:]]
main()
