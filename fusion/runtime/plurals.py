"""Singulars of English plurals, by rules and by lists of the exceptions to them. No torch."""

from __future__ import annotations

from fusion.runtime.words import word_set

__all__ = ["singular"]


_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "mice": "mouse", "oxen": "ox", "knives": "knife", "wives": "wife",
    "leaves": "leaf", "loaves": "loaf", "wolves": "wolf", "shelves": "shelf", "scarves": "scarf",
    "calves": "calf", "hooves": "hoof", "thieves": "thief", "elves": "elf", "halves": "half",
    "tvs": "tv", "cds": "cd", "buses": "bus", "busses": "bus", "gases": "gas", "lenses": "lens",
    "canvases": "canvas", "atlases": "atlas", "irises": "iris", "quizzes": "quiz", "axes": "axe",
    "skis": "ski", "taxis": "taxi", "bikinis": "bikini", "kiwis": "kiwi", "safaris": "safari",
    "jacuzzis": "jacuzzi", "zucchinis": "zucchini", "yetis": "yeti", "emojis": "emoji",
    "menus": "menu", "emus": "emu", "gnus": "gnu", "haikus": "haiku",
    "rhinoceroses": "rhinoceros", "albatrosses": "albatross", "christmases": "christmas",
}  # fmt: skip
"""Irregular plurals; a compound such as `firemen` is recognised by its ending."""

_COMPOUNDS = ("women", "men", "children", "wolves", "shelves", "knives", "scarves", "buses")

_NO_PLURALS = word_set(
    """
    glasses eyeglasses sunglasses spectacles goggles binoculars scissors shears pliers tongs
    tweezers clippers pants sweatpants underpants trousers jeans shorts overalls dungarees
    pajamas pyjamas tights leggings briefs boxers clothes headphones earphones suspenders braces
    dreadlocks freckles bangs stairs bleachers headquarters barracks crossroads outskirts rapids
    surroundings woods sports watersports arts blinds slacks antics snowpants themselves
    ourselves fireworks groceries ashes suds goods thanks nachos oats fries darts billiards
    checkers molasses remains series species means innings news lens gas christmas canvas atlas
    bias pampas alias thermos rhinoceros chaos cosmos asbestos logos kudos gallows mercedes
    adidas texas kansas arkansas vegas angeles athens brussels naples wales netherlands
    philippines alps andes himalayas states nations emirates james charles thomas philips
    hercules mars abdomen specimen regimen cyclamen bitumen aerobics athletics ceramics
    electronics ethics gymnastics graphics mathematics mechanics olympics paralympics physics
    politics pyrotechnics statistics across always as backwards besides does downstairs forwards
    goes has hers indoors its less ours outdoors overseas perhaps sideways sometimes theirs this
    thus towards upstairs upwards was yours yes
    """
)
"""Words that look like plurals but are not, or that mean something else in the singular."""

_ENDS_IN_IE = word_set(
    """
    birdies brownies calories collies cookies cuties foodies genies hippies hoodies lies movies
    pies pixies prairies rookies selfies smoothies ties veggies walkies zombies magpies neckties
    dies budgies boogies doggies eyries lassies goalies aunties brookies townies yuppies
    """
)
_ENDS_IN_CHE = word_set(
    """
    aches headaches toothaches stomachaches caches quiches niches avalanches mustaches moustaches
    brioches porsches creches
    """
)
_ENDS_IN_O = word_set(
    """
    tomatoes potatoes heroes superheroes mangoes torpedoes tornadoes volcanoes buffaloes dominoes
    echoes mosquitoes cargoes flamingoes avocadoes tuxedoes mementoes mottoes
    """
)
_ENDS_IN_USE = word_set("fuses muses excuses ruses uses reuses abuses")
_DRINKING = word_set("wine beer champagne cocktail drinking martini shot water hour")
"""Words before `glasses` that mean drinking glasses."""


def singular(word: str, before: str = "") -> str:
    """Return a noun's singular; a word that is no plural, or a doubtful one, is returned unchanged.

    Args:
        word: the word in lower case.
        before: the word before it, which tells wine glasses from spectacles.

    >>> [singular(word) for word in ("dogs", "buses", "skis", "puppies", "dresses", "women")]
    ['dog', 'bus', 'ski', 'puppy', 'dress', 'woman']
    >>> [singular(word) for word in ("glasses", "scissors", "people", "grass", "tennis", "dress")]
    ['glasses', 'scissors', 'people', 'grass', 'tennis', 'dress']
    >>> singular("glasses", "wine")
    'glass'
    """
    if word == "glasses" and before in _DRINKING:
        return "glass"
    if word in _NO_PLURALS or len(word) <= 2:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending in _COMPOUNDS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending) + _IRREGULAR[ending]
    if len(word) <= 3 or not word.endswith("s"):
        return word
    if word.endswith(("ss", "us", "is", "'s", "\u2019s")):
        return word
    return _without_ending(word)


def _without_ending(word: str) -> str:
    """Return the singular of a regular plural, a word that ends in s."""
    if word.endswith("ies"):
        return word[:-1] if word in _ENDS_IN_IE else word[:-3] + "y"
    if word in _ENDS_IN_O or word.endswith(("shes", "xes", "sses", "zzes", "tzes")):
        return word[:-2]
    if word.endswith("ches"):
        return word[:-1] if word in _ENDS_IN_CHE else word[:-2]
    if word.endswith("uses") and not word.endswith(("ouses", "auses")):
        return word[:-1] if word in _ENDS_IN_USE else word[:-2]
    return word[:-1]
