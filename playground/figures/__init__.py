"""Numbers -> Plotly figures. No torch, no gradio; colours are the page's css variables, so a figure follows the
theme.
"""
