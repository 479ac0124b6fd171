"""What the server keeps of a page ends with the page."""

import gradio as gr
from gradio.state_holder import StateHolder

from playground.pages.frame import forget


def test_what_was_shown_on_a_closed_page_is_forgotten_and_an_open_one_is_left_alone():
    with gr.Blocks() as demo:
        shown = gr.HTML("first")
    assert forget(demo) == 0  # before it is launched
    holder = StateHolder()
    holder.set_blocks(demo)
    for tab in ("open", "closed"):
        holder[tab]._update_value_in_config(shown._id, tab)
    assert forget(demo) == 0
    holder["closed"].is_closed = True
    assert forget(demo) == 1
    assert list(holder.session_data) == list(holder.time_last_used) == ["open"]
    assert holder["open"].config_values[shown._id]["props"]["value"] == "open"
