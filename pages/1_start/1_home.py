"""What this is, something true on the screen, four ways in, and the runs so far."""

import streamlit as st

from explainers.first_screen import first_screen
from pages._shared import home

screen = first_screen()
home.hero(screen)
st.subheader("Four ways in", anchor=False)
home.presets()
st.subheader("Recent runs", anchor=False)
home.recent_runs()
