"""Where every number comes from: models, datasets, lenses, attributions, calibrators and definitions, generated from their declarations."""

import streamlit as st

from pages._shared import methods, show

show.question("How is every number made?")
words = methods.search()
parts = {
    "Models": methods.models,
    "Datasets": methods.datasets,
    "Lenses": methods.lenses,
    "Attributions": methods.attributions,
    "Calibrators": methods.calibrate,
    "Numbers": methods.numbers,
    "Training": methods.training,
    "This installation": methods.installation,
}
for tab, draw in zip(st.tabs(list(parts), key="methods.tabs", on_change="rerun"), parts.values(), strict=True):
    if tab.open:  # only what is on the screen is drawn
        with tab:
            draw(words)
