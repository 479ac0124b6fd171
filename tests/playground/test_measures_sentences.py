"""A sentence's vector is the mean of its real tokens, of length 1."""

import torch

from playground.measures.sentences import cosines, sentences

LAST_BTD = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
KEEP_BT = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 0]])


def test_a_sentence_is_the_mean_of_its_real_tokens():
    found = sentences(LAST_BTD, KEEP_BT)
    for vector_D, last_TD, keep_T in zip(found, LAST_BTD, KEEP_BT, strict=True):
        mean_D = torch.stack([last_TD[t] for t in range(4) if keep_T[t]]).mean(0)
        torch.testing.assert_close(vector_D, mean_D / mean_D.square().sum().sqrt())
    torch.testing.assert_close(sentences(LAST_BTD), sentences(LAST_BTD, torch.ones(3, 4)))


def test_padding_is_no_part_whatever_it_holds():
    spoiled = LAST_BTD.where(KEEP_BT[..., None] != 0, torch.nan)
    assert torch.equal(sentences(spoiled, KEEP_BT), sentences(LAST_BTD, KEEP_BT))


def test_cosines_are_those_of_each_two():
    found = cosines(sentences(LAST_BTD, KEEP_BT))
    means = [LAST_BTD[b][KEEP_BT[b] != 0].mean(0) for b in range(3)]
    for i in range(3):
        for j in range(3):
            torch.testing.assert_close(found[i, j], torch.cosine_similarity(means[i], means[j], dim=0))
