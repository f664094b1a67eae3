"""What is in the files of the loss chart, for whoever opens them elsewhere."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Drawing:
    """An SVG file: all that is written in it, and how many points each curve has."""

    words: set[str]
    points: dict[str, int]


def drawing(path: Path) -> Drawing:
    """Of a file that is XML, or this raises."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{_SVG}svg"
    points = {}
    for group in root.iter(f"{_SVG}g"):
        match group.get("class", "").split():
            case ["trace", "scatter", uid]:
                points[uid.removeprefix("trace")] = len(
                    group.findall(f".//{_SVG}path[@class='point']")
                )
    return Drawing({"".join(text.itertext()) for text in root.iter(f"{_SVG}text")}, points)


def colors(path: Path, *, least_width: int) -> set[str]:
    """All that a PNG file is painted with, as #rrggbb."""
    with Image.open(path, formats=["PNG"]) as picture:
        assert picture.width >= least_width
        found = picture.convert("RGB").getcolors(picture.width * picture.height)
    return {f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in found}
