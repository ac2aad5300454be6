"""Which of the stored runs is better, is it noise, and on which nodes do two of them disagree?"""

import streamlit as st

from pages._shared import comparing, engine, show, stored_runs

found = engine.groups()
answer = st.container()
if found:
    chosen = stored_runs.pick(found)
    stored_runs.tools(chosen)
    with answer:
        groups = comparing.answers(chosen)
    if groups:
        comparing.evidence(groups)
        comparing.disagreement(groups)
else:
    show.question(comparing.QUESTION)
    show.empty(
        "No runs are stored yet. Press Train in the sidebar, change the model or a setting, press Train again, and compare the two here."
    )
    stored_runs.undo()
    stored_runs.trash()
