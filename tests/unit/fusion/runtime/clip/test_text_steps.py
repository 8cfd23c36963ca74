from __future__ import annotations

from tokenizers import Tokenizer, models, pre_tokenizers

from fusion.runtime.clip.text_steps import IDS, MASK, TextSteps


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({"<pad>": 0, "a": 1, "dog": 2, "photo": 3, "of": 4}, "a"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.enable_truncation(4)
    return made


def test_a_text_stays_as_long_as_it_is() -> None:
    inputs = TextSteps(4, False, 0, False, True).inputs_of("a dog", tokenizer())
    assert {name: value.tolist() for name, value in inputs.items()} == {
        IDS: [[1, 2]],
        MASK: [[1, 1]],
    }


def test_padding_comes_on_either_side() -> None:
    right = TextSteps(4, True, 0, False, True).inputs_of("a dog", tokenizer())
    left = TextSteps(4, True, 0, True, True).inputs_of("a dog", tokenizer())
    assert right[IDS].tolist() == [[1, 2, 0, 0]]
    assert right[MASK].tolist() == [[1, 1, 0, 0]]
    assert left[IDS].tolist() == [[0, 0, 1, 2]]
    assert left[MASK].tolist() == [[0, 0, 1, 1]]


def test_a_model_may_not_be_told_what_is_padding() -> None:
    assert TextSteps(4, True, 0, False, False).inputs_of("a dog", tokenizer()).keys() == {IDS}


def test_a_prompt_stands_about_the_text() -> None:
    steps = TextSteps(4, False, 0, False, False, prompt="photo of {}")
    assert steps.inputs_of("dog", tokenizer())[IDS].tolist() == [[3, 4, 2]]
    assert TextSteps.from_json(steps.to_json()) == steps
