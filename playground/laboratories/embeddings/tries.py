"""Below the tabs of the Embeddings page: what to try, as links, and the Python lines that give the same numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from models.config import walk
from playground.laboratories.embeddings.dense.view import shown, typed
from playground.words.lab import WordLab
from playground.words.settings import WordSettings

TRIES: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "Two dimensions",
        {"model.dimension": 2},
        "the map is all there is, and nine classes do not fit: 51 % and 58 % of neighbours agree at the end",
    ),
    (
        "CBOW at skip-gram’s rate",
        {"cbow_lr": 0.025},
        "the mean of a window has a small gradient: CBOW reaches 90 % after 148,000 words, not after 45,000",
    ),
    (
        "No subsampling",
        {"model.subsample": 0.0},
        "nothing is left out, so classes need fewer words, 17,000, and the whole run over twice the computing",
    ),
    (
        "Twenty negatives",
        {"model.negatives": 20},
        "skip-gram then starts at a lower rate, so that its sums do not overshoot, and needs 175,000 words for 90 %",
    ),
    (
        "Python’s help texts",
        {"corpus": "help texts", "model.dimension": 64, "model.epochs": 20, "pace": 150_000},
        "real prose and no known classes: read the neighbours of “true”, “left” and “integer” over time",
    ),
    ("The first setting again", {}, "with every control as it was"),
)
SHOW = "print([words[i] for i in found.ids_NK[0]], found.cosine_NK[0])"
DEVIATIONS = (
    "As in the papers: windows that shrink at random, subsampling, negatives by counts to the power 0.75, a "
    "learning rate that falls in a straight line. Otherwise than they: sixteen words that stand side by side share "
    "their negatives, several stretches are one update, and the gradient of CBOW’s mean is divided by the number of "
    "its words, which the C code leaves out. By default a negative that is the target is skipped and subsampling "
    "follows the formula of the C code; both are controls under “More”."
)


def live(lab: WordLab) -> dict[str, Any]:
    """Of the panel `notes`."""
    entries = "".join(f'<li><a data-do="{_set(changes)}">{text}</a>: {what}.</li>' for text, changes, what in TRIES)
    pair = '<a data-do="analogy:king,father,mother">king − father + mother</a>'
    first = f"<li>{pair}: pairs share a house or a sex, so that the fourth word follows from three.</li>"
    html = f"<ul>{first}{entries}</ul><p><b>Does it match the papers?</b> {DEVIATIONS}</p>"
    return {"try": json.dumps(html), "python": python(lab)}


def dense(lab: WordLab) -> dict[str, Any]:
    """The same for the tab of the two matrices."""
    some = (
        ("dog, wolf, bear, red, pink, grey, anna, ben", "three classes, mixed in with their own"),
        (
            "king, queen, father, mother, brother, sister, prince, princess",
            "pairs: like their house and like their sex",
        ),
        ("the, in, of, and, dog, today", "words that only hold a sentence together"),
    )
    entries = "".join(f'<li><a data-do="words:{quote(words)}">{words}</a>: {what}.</li>' for words, what in some)
    training = shown(lab)
    if training is None:
        return {"try": json.dumps(f"<ul>{entries}</ul>"), "python": ""}
    own = training is lab.training
    imports = "settings import WordSettings\nfrom playground.words.training import Training"
    lines = [
        f"from playground.words.{imports if own else 'training import quick'}",
        "from playground.measures.embedding import one_hot_similarity, similarity",
        "import torch",
        "",
        *([f"run = Training({_settings(lab)})", _trained(lab)] if own else ["run = quick()"]),
        f"words = {json.dumps(typed(training, lab.compared)[0], ensure_ascii=False)}",
        "ids_N = torch.tensor([run.text.id(word) for word in words])",
        "print(one_hot_similarity(ids_N))",
        f'print(similarity(run.models["{lab.kind}"].vectors, ids_N))',
    ]
    return {"try": json.dumps(f"<ul>{entries}</ul>"), "python": "\n".join(lines)}


def python(lab: WordLab) -> str:
    """Lines that train to the words on the screen and give the same vectors, bit for bit; they run as they are."""
    word = json.dumps(lab.word, ensure_ascii=False)
    known = lab.training.text.vocabulary if lab.training else ()
    abc = lab.asked if lab.asked and set(lab.asked) <= set(known) else ()
    asked = ", ".join(f"run.text.id({json.dumps(each, ensure_ascii=False)})" for each in abc)
    lines = [
        "from pathlib import Path",
        "from playground.words.settings import WordSettings",
        "from playground.words.training import Training",
        "from playground.measures.embedding import analogy, neighbours",
        "from playground.measures.vector_files import metadata_tsv, vectors_tsv, word2vec_text",
        "import torch",
        "",
        f"run = Training({_settings(lab)})",
        _trained(lab),
        "print(run.points[-1])  # words, seconds, loss and class agreement of skip-gram and CBOW",
        'words, vectors_VD = run.text.vocabulary, run.models["skip-gram"].vectors',
        f"found = neighbours(vectors_VD, torch.tensor([run.text.id({word})]))" if lab.word else "",
        SHOW if lab.word else "",
        f"found = analogy(vectors_VD, {asked})" if abc else "",
        SHOW if abc else "",
        'Path("vectors.txt").write_text(word2vec_text(words, vectors_VD))',
        'Path("vectors.tsv").write_text(vectors_tsv(vectors_VD))',
        'Path("metadata.tsv").write_text(metadata_tsv(words, {"count": run.text.counts.tolist()}))',
    ]
    return "\n".join(line for i, line in enumerate(lines) if line or i == 6)


def _settings(lab: WordLab) -> str:
    """A literal of what differs from the defaults; the pace does not change the vectors."""
    settings = lab.training.settings if lab.training else lab.edited.config
    first = {path: value for path, _, value in walk(WordSettings())}
    changes: dict[str, Any] = {}
    for path, _, value in walk(settings):
        if value != first[path] and path not in ("pace", "model.kind", "text"):
            part, _, name = path.partition(".")
            changes.update({part: {**changes.get(part, {}), name: value}} if name else {part: value})
    if "model" in changes:  # a part replaces the default as a whole
        whole = WordSettings().model.model_dump() | changes["model"]
        bare = type(settings.model)().model_dump()
        changes["model"] = {name: value for name, value in whole.items() if value != bare[name]}
    inner = [f"{name!r}: {value!r}" for name, value in changes.items()]
    inner += ['"text": open("own.txt").read()'] if settings.corpus == "own text" else []
    return f"WordSettings.model_validate({{{', '.join(inner)}}})" if inner else "WordSettings()"


def _trained(lab: WordLab) -> str:
    training = lab.training
    if training is None or training.finished or not training.words:
        return "run.finish()"
    return f"run.advance({training.words})"


def _set(changes: dict[str, Any]) -> str:
    return "set:" + quote(json.dumps(changes))
