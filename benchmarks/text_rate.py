"""The share of words rendered over photos that are read, and the time per photo.

`python -m benchmarks.text_rate` prints both for 200 words in ten fonts and five sizes, over photos
that come with scikit-image and scikit-learn (extra `demo`), read by the reader of the extra `text`.
Each word is rendered over its own copy of a photo.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from indexer.text.line_reader import LineReader

_WORDS = """
    airport bakery bridge bus cafe castle cheese church cinema city closed coffee danger
    dentist desert dinner doctor door dragon drink east elevator emergency enter exit
    factory ferry festival fire flower forest free garage garden gate gift gold grand
    green harbour health hotel house ice island jazz juice kitchen lake lemon library
    light london lunch market menu milk mirror money monday mountain museum music napoli
    night north ocean office open orange palace paper paris park parking pepper pharmacy
    piano pizza plaza police polo pool post prague public radio railway receipt red rental
    river road rome sale salon sauce school sea ship shop silver slow smoke soup south
    spring square stadium station stop street subway sugar summer sunday table taxi tea
    theatre ticket toilet tomato total tower train tram travel tunnel vienna village vino
    warning water west wine winter yellow zebra zone
"""
WORDS = _WORDS.split()
FONTS = (
    *("LiberationSans-Regular", "LiberationSans-Bold", "LiberationSerif-Regular"),
    *("LiberationSerif-Italic", "LiberationMono-Regular", "LiberationSansNarrow-Bold"),
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono"),
)
SIZES = (22, 28, 36, 48, 64)
COUNT = 200


def photos() -> list[Image.Image]:
    """Return the photos that come with the packages."""
    import skimage
    import sklearn.datasets

    data = Path(skimage.__file__).parent / "data"
    paths = [data / name for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")]
    images = Path(sklearn.datasets.__file__).parent / "images"
    paths += [images / "china.jpg", images / "flower.jpg"]
    return [Image.open(path).convert("RGB") for path in paths]


def main(count: int = COUNT) -> None:
    """Print the share of words that were found as parts of lines, and the seconds per photo."""
    choice = random.Random(7)
    chosen = [
        choice.choice((str.upper, str.title, str))(WORDS[n % len(WORDS)]) for n in range(count)
    ]
    backgrounds = photos()
    reader = LineReader()
    reader.read(backgrounds[0])  # warms up: the first call takes longer
    found, missed = 0, []
    seconds = 0.0
    for number, word in enumerate(chosen):
        image = backgrounds[number % len(backgrounds)].copy()
        font = ImageFont.truetype(f"{FONTS[number % len(FONTS)]}.ttf", choice.choice(SIZES))
        draw = ImageDraw.Draw(image)
        width = draw.textlength(word, font=font)
        left = choice.randrange(10, max(11, int(image.width - width - 10)))
        top = choice.randrange(10, image.height - 90)
        draw.text((left, top), word, font=font, fill="white", stroke_width=2, stroke_fill="black")
        began = time.perf_counter()
        lines = reader.read(image)
        seconds += time.perf_counter() - began
        is_found = any(word.lower() in line.text.lower().replace(" ", "") for line in lines)
        found += is_found
        if not is_found:
            missed.append(f"{word} ({FONTS[number % len(FONTS)]}, {font.size:g})")
    share, cost = found / count, seconds / count
    sys.stdout.write(f"{found} of {count} words found ({share:.1%}), {cost:.2f} s a photo\n")
    sys.stdout.write(f"missed: {', '.join(missed) or 'none'}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
