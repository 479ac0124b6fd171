"""Published checkpoints: found on the Hub or in a folder, fetched, and pushed; texts as ids. No page, no model.

`listing.py` says what a place holds; `hub.py` asks the Hub; `fetch.py` brings the files; `folder.py` looks at a folder
of this machine; `rules.py` what a visitor may ask for; `tokenizer.py` texts and ids; `push.py` a run to the Hub. The
model is then `models.pretrained.load(folder)`.
"""
