"""Published checkpoints: found on the Hub or in a folder, fetched, read as text, and pushed. No page, no model runs here.

`listing.py` says what a place holds; `hub.py` asks the Hub; `fetch.py` brings the files; `folder.py` looks at a folder
of this machine; `rules.py` what a visitor may ask for; `tokenizer.py` texts and ids; `push.py` a run to the Hub. The
model is then `models.pretrained.load(folder)`.
"""
