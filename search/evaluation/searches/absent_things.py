"""Queries that no photo of an everyday collection answers.

They were written down by kind, before any model was run and without looking at any answer: text
without meaning, and things that take an instrument, a scanner or a page to be seen (medical images,
the sky through a telescope, microscopy, documents, charts and screens), or a place that people's
cameras do not get to. What a holiday, a street, a kitchen or a pet might show was left out, and so
was whatever looks like it: no moon, no fireworks, no newspaper somebody reads. None was removed or
added because of the probability that a model gave it, and none may be.
"""

from __future__ import annotations

__all__ = ["ABSENT_THINGS"]

_NONSENSE = (
    "asdfghjkl",
    "qwertyuiop zxcvbnm",
    "xkcd flurb gnostle wump",
    "lorem ipsum dolor sit amet",
    "blorptastic zindle of the ninth quux",
    "aaaaaaaaaaaaaaaa",
    "8f3a91c7d2e64b05",
    "the square root of minus one",
)
_MEDICAL = (
    "an x-ray of a hand",
    "a chest x-ray with a pneumonia",
    "an MRI scan of a brain",
    "a CT scan of an abdomen",
    "an ultrasound image of a fetus",
    "a mammogram",
    "a panoramic dental radiograph",
    "a fundus image of a retina",
    "an endoscopy of a stomach",
    "an electrocardiogram",
)
_MICROSCOPY = (
    "red blood cells under a microscope",
    "bacteria stained for microscopy",
    "an electron micrograph of a virus",
    "a histology slide of liver tissue",
    "mitochondria in a cell",
    "chromosomes during cell division",
    "pollen grains in a scanning electron microscope",
    "crystals in a thin section of rock",
)
_ASTRONOMY = (
    "a spiral galaxy",
    "a nebula photographed by a space telescope",
    "the rings of Saturn",
    "craters on Mercury seen from a probe",
    "the surface of Mars with a rover",
    "a solar flare on the sun's disc",
    "an astronaut on a spacewalk",
    "a satellite image of a hurricane",
    "a comet's nucleus",
    "a radar image of an asteroid",
)
_DOCUMENTS = (
    "a page of sheet music",
    "a scanned tax form",
    "a medieval illuminated manuscript",
    "a page of a dictionary",
    "a crossword puzzle",
    "a birth certificate",
    "an invoice with a table of prices",
    "a handwritten mathematical proof",
    "cuneiform on a clay tablet",
    "a topographic map with contour lines",
)
_DRAWN = (
    "a bar chart of quarterly revenue",
    "a circuit diagram",
    "a blueprint of a submarine",
    "the periodic table of the elements",
    "a screenshot of a spreadsheet",
    "source code in a text editor",
    "a chessboard diagram with an endgame",
    "a phylogenetic tree",
    "a weather map with isobars",
    "a QR code",
)
_OUT_OF_REACH = (
    "a nuclear reactor core glowing blue",
    "a hydrothermal vent in the deep sea",
    "an anglerfish in the dark of the deep sea",
    "a particle track in a bubble chamber",
    "a mushroom cloud of an atomic bomb",
    "the inside of a particle accelerator",
    "a dinosaur skeleton being dug out",
    "molten lava inside a volcano's crater",
)

ABSENT_THINGS: tuple[str, ...] = (
    *_NONSENSE,
    *_MEDICAL,
    *_MICROSCOPY,
    *_ASTRONOMY,
    *_DOCUMENTS,
    *_DRAWN,
    *_OUT_OF_REACH,
)
"""64 queries, each used literally."""
