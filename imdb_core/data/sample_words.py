"""What the synthetic sample is written with. Only `ADJECTIVES` carry a judgement."""

from __future__ import annotations

from typing import Final


def _options(text: str) -> tuple[str, ...]:
    return tuple(text.split("/"))


OPENINGS: Final = (
    "I saw this {genre} {time}",
    "my {relative} made me watch this {genre} {time}",
    "{time} we put on a {genre} from {country}",
    "this {genre} came out years ago and I only found it {time}",
    "a {genre} with {name} {surname}, set in {place}",
    "we went to see it with my {relative} {time}",
)

PLOTS: Final = (
    "{name}, {person}, {does} {thing} in {place}",
    "{person} named {name} {does} {thing} and travels to {place}",
    "the story follows {name} and {person} from {place} to {place}",
    "{name} {surname} plays {person} who {does} {thing}",
    "in {place}, {person} meets {person} and {does} {thing}",
    "after the {event}, {name} {does} {thing} with the help of {person}",
    "when {name} {does} {thing}, {person} comes to {place}",
    "there is {person}, there is {thing}, and it all takes place in {place}",
    "most of it was filmed in {country}, around {place}",
    "{surname} directed it {time}, after the {event}",
    "it runs for {number} minutes and ends in {place}",
    "{name} tells {person} about the {event} and {does} {thing}",
)

PLAIN: Final = (
    "{aspect} {was} {adjective}",
    "{aspect} {was} {degree} {adjective}",
    "I {found} {aspect} {adjective}",
    "I {found} {aspect} {degree} {adjective}",
    "what stays with me is {aspect}, {degree} {adjective}",
    "{was_it} {degree} {adjective} from start to finish",
)

NEGATED: Final = (
    "{aspect} {was} {negation} {adjective}",
    "{aspect} {was} {negation} {adjective}, whatever they say",
    "I {found} {aspect} {negation} {adjective}",
    "nobody can call {aspect} {adjective}",
    "{was_it} {negation} {adjective}",
    "I would never say that {aspect} {was} {adjective}",
    "I expected {aspect} to be {adjective}, which it was not",
)

_NEGATIVE: Final = _options(
    "bad/boring/dull/awful/clumsy/predictable/silly/weak/tedious/lifeless/"
    "pointless/shallow/flat/forgettable/messy/stale/hollow/annoying/slow/ugly/lazy/"
    "confused/wooden/tiresome/cheap/bland/dreadful/poor/terrible/stupid"
)

_POSITIVE: Final = _options(
    "good/great/wonderful/brilliant/superb/charming/moving/funny/clever/gripping/"
    "beautiful/honest/fresh/tender/delightful/sharp/memorable/elegant/thrilling/"
    "touching/witty/inventive/warm/convincing/rich/lively/excellent/original/"
    "powerful/fine"
)

ADJECTIVES: Final = (_NEGATIVE, _POSITIVE)
"""Indexed by `is_positive`."""

SLOTS: Final[dict[str, tuple[str, ...]]] = {
    slot: _options(options)
    for slot, options in {
        "aspect": "the acting/the plot/the script/the music/the ending/the dialogue/the camera work"
        "/the editing/the lead/the villain/the pace/the first half/the second half/the humour"
        "/the love story/the photography/the direction/the whole thing/the supporting cast"
        "/the opening scene/the soundtrack/the final act/the premise/the chemistry",
        "was": "was/was/was/seemed/felt/turned out to be/looked",
        "was_it": "it was/the film was/the movie was/overall it was/for me it was/all of it felt",
        "found": "found/thought/considered/called",
        "degree": "very/really/quite/truly/incredibly/rather/so/absolutely/remarkably/just",
        "negation": "not/never/hardly/far from/anything but/not at all/by no means/not very"
        "/not even remotely",
        "genre": "thriller/comedy/western/drama/war film/musical/horror film/crime story/road movie"
        "/romance/documentary/mystery/spy film/science fiction film/family film",
        "time": "last night/last week/on Sunday/yesterday/in December/at a festival/on a plane"
        "/during the holidays/this summer/in the nineties/on television/in an empty theatre",
        "relative": "brother/sister/mother/father/aunt/uncle/neighbour/cousin/grandmother/teacher"
        "/roommate/wife/husband/daughter/son",
        "country": "France/Italy/Canada/Japan/Spain/Mexico/Norway/India/Ireland/Brazil/Poland"
        "/Australia/Korea/Germany",
        "place": "a small town/the desert/an old hotel/Paris/a lighthouse/the mountains/New York"
        "/a fishing village/a hospital/the suburbs/a submarine/Chicago/a boarding school/the jungle"
        "/a railway station/London/a farm/the harbour/a prison/a quiet valley/Texas/a circus/Berlin"
        "/a space station/the city",
        "name": "Anna/Tom/Martha/Frank/Lucy/Henry/Clara/Walter/Rosa/George/Helen/Victor/Emma/Oscar"
        "/Nora/Paul/Irene/Samuel/Julia/Leon/Alice/Martin/Sofia/Jack/Edith/Ben/Laura/Peter/Maria"
        "/Daniel",
        "surname": "Miller/Bennett/Kowalski/Moreau/Rossi/Tanaka/Larsen/Novak/Fischer/Garcia/Doyle"
        "/Hart/Lindqvist/Brandt/Okafor/Silva/Wells/Hayes/Turner/Marsh",
        "person": "a retired sailor/an old spy/a young lawyer/a piano teacher/a taxi driver"
        "/a detective/a widow/a farmer/a nurse/two brothers/a bank clerk/a soldier/a journalist"
        "/a priest/a cook/a boxer/a student/a painter/a gambler/a mechanic/a photographer/a thief"
        "/the mayor/a scientist/a pilot/a stranger/a translator/a shopkeeper/an orphan/a judge",
        "does": "finds/steals/loses/inherits/sells/hides/looks for/buys/buries/repairs/delivers"
        "/discovers/brings back/guards/trades/borrows/carries/photographs/forgets about"
        "/follows the trail of",
        "thing": "a letter/a suitcase/the family house/a violin/a map/a stolen car/a diary"
        "/a painting/the keys/a horse/a radio/an unpaid debt/a ring/a box of photographs/a boat"
        "/the recipe/a film reel/a secret file/a clock/a train ticket/the evidence/a dog"
        "/a coin/a manuscript/a camera",
        "event": "war/wedding/funeral/flood/robbery/trial/election/accident/strike/storm/divorce"
        "/fire/party/harvest/earthquake",
        "number": "eighty/ninety/ninety five/a hundred/a hundred and ten/a hundred and twenty",
    }.items()
}
"""Slot to its options, which say nothing of a film's worth."""
