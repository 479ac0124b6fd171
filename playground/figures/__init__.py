"""Numbers -> charts and heat maps as plain values. No torch, no gradio; colours are the page's css variables, so a
figure follows the theme.
"""
