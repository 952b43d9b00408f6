"""Pictures as tokens: there and back, and what a codebook loses."""

import random

import numpy as np
import pytest
import torch

from pocketgpt.errors import PocketError
from pocketgpt.pictures.codebook import VQVAE, learn_codebook, nearest
from pocketgpt.pictures.scenes import draw, random_scene
from pocketgpt.pictures.tokens import Blocks, Pixels, blocks, frequent_blocks, joined, lost

RNG = random.Random(0)
SCENES = [draw(random_scene(RNG)) for _ in range(60)]


def test_pixels_lose_nothing():
    picture = np.random.default_rng(0).integers(0, 12, (8, 8))
    assert (Pixels().decode(Pixels().encode(picture)) == picture).all()


def test_blocks_lie_where_they_lay():
    picture = np.arange(64).reshape(8, 8)
    assert blocks(picture)[5].tolist() == [18, 19, 26, 27]  # second row of blocks, second block
    assert (joined(blocks(picture)) == picture).all()


def test_a_codebook_of_all_blocks_loses_nothing_and_a_smaller_one_more_and_more():
    losses = [lost(frequent_blocks([SCENES], size), SCENES) for size in (1, 8, 32, 4096)]
    assert losses == sorted(losses, reverse=True) and losses[-1] == 0 < losses[-2]
    black = np.mean([picture != 0 for picture in SCENES])
    assert losses[0] == pytest.approx(black)  # the only entry is black


def test_each_group_counts_alike():
    red, blue = np.full((8, 8), 1), np.full((8, 8), 4)
    assert frequent_blocks([[red] * 100, [blue] * 2 + [red]], 1).entries == ((1, 1, 1, 1),)
    assert frequent_blocks([[red], [blue] * 100], 2).entries == ((1, 1, 1, 1), (4, 4, 4, 4))


@pytest.mark.parametrize("numbers", [[], [0] * 15, [0] * 17, [2] * 16, [-1] * 16])
def test_what_is_no_picture_is_told(numbers):
    with pytest.raises(PocketError, match="A picture is 16 numbers from 0 to 1"):
        Blocks(((0, 0, 0, 0), (1, 1, 1, 1))).decode(numbers)


@pytest.mark.parametrize("picture", [np.zeros((8, 7)), np.full((8, 8), 12), np.full((8, 8), -1)])
def test_a_picture_is_checked(picture):
    with pytest.raises(PocketError, match="Give a picture of 8 × 8 numbers from 0 to 11"):
        Pixels().encode(picture)


def test_the_nearest_entry_is_the_one_that_torch_finds_by_subtracting():
    generator = torch.Generator().manual_seed(0)
    vectors, entries = torch.randn(20, 3, generator=generator), torch.randn(7, 3, generator=generator)
    slowly = [min(range(7), key=lambda k: float(((v - entries[k]) ** 2).sum())) for v in vectors]
    assert nearest(vectors, entries).tolist() == slowly


def test_the_encoder_gets_the_decoders_gradient():
    torch.manual_seed(0)
    model = VQVAE(4)
    loss, chosen = model(torch.from_numpy(blocks(SCENES[0]).astype(np.int64)))
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.encoder.parameters())
    untouched = sorted(set(range(4)) - set(chosen.tolist()))
    assert not model.entries.grad[untouched].any()  # only an entry that was chosen moves


def test_a_codebook_is_learned():
    learned = learn_codebook(SCENES, 64, steps=120)
    assert lost(learned, SCENES) < 0.5 * lost(frequent_blocks([SCENES], 1), SCENES)
    assert learned.size <= 64
    assert learn_codebook(SCENES, 8, steps=9, seed=1) == learn_codebook(SCENES, 8, steps=9, seed=1)


def test_without_pictures_there_is_no_codebook():
    for learn in (lambda: learn_codebook([], 8), lambda: frequent_blocks([], 8)):
        with pytest.raises(PocketError, match="give at least one"):
            learn()
