"""The card of the selected graph: what it is in numbers, where it comes from, what is wrong with it."""

import streamlit as st

from pages._shared import datasets, pictures, show

opened = pictures.opened_graph()
if opened:
    card = opened.card
    show.question(card.title, [card.question])
    datasets.numbers(card)
    picture, facts = st.columns([2, 1], gap="large")
    with picture:
        pictures.graph(opened, "dataset.graph", 460, pictures.split(opened))
    with facts:
        datasets.homophily(card)
        datasets.flaws(card)
        datasets.origin(card)
    classes, splits = st.columns(2, gap="large")
    with classes:
        datasets.classes(card)
    with splits:
        datasets.splits(card)
