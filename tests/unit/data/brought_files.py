"""Files of reviews in their makers' manner, and how each is to be understood."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

GOOD = [f"A lovely film, no. {i}; I liked all of it." for i in range(12)]
BAD = [f"What a dull film, no. {i}: I left before the end." for i in range(12)]
EACH = [pair for pairs in zip(GOOD, BAD, strict=True) for pair in pairs]
"""Good and bad ones in turn."""


@dataclass(frozen=True, kw_only=True)
class BroughtFile:
    """A file and what is to become of it.

    Attributes:
        name: the file's.
        content: its bytes.
        positive: how many reviews are.
        negative: how many reviews are.
        left_out: how many rows are neither.
        notes: what must be told of it.
        options: given, where no guess would be honest.
        refusal: what is said without these options.
        texts: those of the reviews, in their order.
    """

    name: str
    content: bytes
    positive: int = 12
    negative: int = 12
    left_out: int = 0
    notes: Sequence[str] = ()
    options: Sequence[str] = ()
    refusal: str = ""
    texts: Sequence[str] = field(default_factory=lambda: EACH)


def table(rows: Iterable[Sequence[object]], **dialect: object) -> str:
    file = io.StringIO()
    csv.writer(file, **{"lineterminator": "\n", **dialect}).writerows(rows)  # type: ignore[arg-type]
    return file.getvalue()


def labelled(
    good: object, bad: object, names: Sequence[str] = ("text", "label"), **dialect: object
) -> str:
    rows = ((text, good if text in GOOD else bad) for text in EACH)
    return table([names, *rows], **dialect)


def classes(values: Sequence[object], name: str = "label") -> str:
    """Twelve reviews of each value in turn: bad ones first, good ones last."""
    rows = []
    for at in range(12):
        texts = [BAD[at], *(f"Film {at}, version {i}." for i in range(len(values) - 2)), GOOD[at]]
        rows += list(zip(texts, values, strict=True))
    return table([("text", name), *rows])


def of_classes(number: int) -> list[str]:
    """The texts of `classes`."""
    return [text for text, _ in csv.reader(io.StringIO(classes(range(number))))][1:]


def parquet(metadata: object = None, label: Callable[[str], object] | None = None) -> bytes:
    label = label or (lambda text: int(text in GOOD))
    made = pa.table({"text": EACH, "label": [label(text) for text in EACH]})
    if metadata is not None:
        made = made.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    sink = io.BytesIO()
    pq.write_table(made, sink)
    return sink.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def lines(make: Callable[[str], object]) -> str:
    return "".join(json.dumps(make(text)) + "\n" for text in EACH)


KAGGLE = labelled("positive", "negative", ("review", "sentiment"))
AMAZON_NAMES = [
    "marketplace", "customer_id", "review_id", "product_id", "product_title", "star_rating",
    "helpful_votes", "vine", "verified_purchase", "review_headline", "review_body", "review_date",
]  # fmt: skip


def amazon(*, stars_of_the_first: str = "5") -> str:
    """Cells separated by tabs, quotation marks as they come."""
    rows = ["\t".join(AMAZON_NAMES)]
    for at, text in enumerate(EACH):
        stars = ("5" if text in GOOD else "1") if at else stars_of_the_first
        text = ('"' + text) if at in (3, 9) else text
        rows.append("\t".join(["US", f"{at}", f"R{at}", "B00", "A film", stars, "0", "N", "Y",
                               "Five stars", text, "2015-08-31"]))  # fmt: skip
    return "\n".join(rows) + "\n"


AMAZON_TEXTS = [('"' + text) if at in (3, 9) else text for at, text in enumerate(EACH)]

SENTIMENT140 = table(
    [
        (4 if text in GOOD else 0, 1467810369 + at, "Mon Apr 06 22:19:45 PDT 2009", "NO_QUERY",
         f"_User{at}_", f"@friend{at} caf\xe9 {text}")
        for at, text in enumerate(EACH)
    ],
    quoting=csv.QUOTE_ALL,
).encode("latin-1")  # fmt: skip

SST_PHRASES = table(
    [("PhraseId", "SentenceId", "Phrase", "Sentiment"),
     *((at, at // 3, text, at % 5) for at, text in enumerate(of_classes(5)))],
    delimiter="\t",
)  # fmt: skip

CRITICS = table(
    [("rotten_tomatoes_link", "critic_name", "top_critic", "review_type", "review_score",
      "review_date", "review_content"),
     *(("m/0814255", f"Critic {at}", "False", "Fresh" if text in GOOD else "Rotten",
        ("3.5/5", "B+", "")[at % 3], "2010-02-06", text) for at, text in enumerate(EACH))]
)  # fmt: skip

STEAM = table(
    [("review_id", "title", "year", "user_review", "user_suggestion_text", "recommendation"),
     *((at, "A game", 2018, text, "", "Recommended" if text in GOOD else "Not Recommended")
       for at, text in enumerate(EACH))]
)  # fmt: skip

LABELED_TRAIN = "id\tsentiment\treview\n" + "".join(
    f'"{at}_8"\t{int(text in GOOD)}\t"He said \\"{text}\\""\n' for at, text in enumerate(EACH)
)

FILES: dict[str, BroughtFile] = {
    "Kaggle's IMDB CSV": BroughtFile(
        name="IMDB Dataset.csv", content=KAGGLE.encode(),
        notes=["'review'", "'sentiment'", "positive: 'positive' (12)"],
    ),
    "Kaggle's word2vec TSV": BroughtFile(
        name="labeledTrainData.tsv", content=LABELED_TRAIN.encode(),
        notes=["tab", "backslash"], texts=[f'He said "{text}"' for text in EACH],
    ),
    "Sentiment140, no header, Latin-1": BroughtFile(
        name="training.1600000.processed.noemoticon.csv", content=SENTIMENT140,
        notes=["Windows-1252", "does not name the columns", "'column 6'", "Sentiment140"],
        texts=[f"@friend{at} caf\xe9 {text}" for at, text in enumerate(EACH)],
    ),
    "Hugging Face's Parquet": BroughtFile(
        name="train-00000-of-00001.parquet", content=parquet(), notes=["Parquet"],
    ),
    "Hugging Face's Parquet with class names": BroughtFile(
        name="0000.parquet",
        content=parquet({"info": {"features": {"label": {
            "names": ["neg", "pos"], "_type": "ClassLabel"}}}}),
        notes=["0 is neg, 1 is pos"],
    ),
    "Hugging Face's JSON lines, -1 for no label": BroughtFile(
        name="unsupervised.jsonl",
        content=(lines(lambda text: {"text": text, "label": int(text in GOOD)})
                 + "".join(json.dumps({"text": f"Nobody judged {i}.", "label": -1}) + "\n"
                           for i in range(5))).encode(),
        left_out=5, notes=["left out: '-1' (5)", "Hugging Face"],
    ),
    "Hugging Face's CSV, -1 for no label": BroughtFile(
        name="all.csv",
        content=(labelled(1, 0) + table((f"Nobody judged {i}.", -1) for i in range(5))).encode(),
        left_out=5, notes=["left out: '-1' (5)"],
    ),
    "-1, 0 and 1": BroughtFile(
        name="Twitter_Data.csv", content=classes([-1, 0, 1], "category").encode(), left_out=12,
        notes=["negative: '-1' (12)", "left out: '0' (12)"], texts=of_classes(3),
    ),
    "-1, 0 and 1, said to be otherwise": BroughtFile(
        name="three.csv", content=classes([-1, 0, 1]).encode(), left_out=12,
        options=["--negative", "0", "--positive", "1"],
        notes=["negative: '0' (12)", "left out: '-1' (12)"],
        texts=[text for text in of_classes(3) if text not in BAD],
    ),
    "1 and 2": BroughtFile(
        name="train.csv",
        content=table((2 if text in GOOD else 1, "A title", text) for text in EACH).encode(),
        notes=["1 for negative, 2 for positive", "does not name the columns"],
    ),
    "fastText's lines": BroughtFile(
        name="train.ft.txt",
        content="".join(f"__label__{2 if text in GOOD else 1} {text}\n" for text in EACH).encode(),
        notes=["fastText"],
    ),
    "stars, no header": BroughtFile(
        name="a.tsv",
        content=table(((5 if t in GOOD else 2, t) for t in EACH), delimiter="\t").encode(),
        notes=["stars out of 5"],
    ),
    "-1 and 1": BroughtFile(name="a.csv", content=labelled(1, -1).encode()),
    "0 and 4": BroughtFile(name="a.csv", content=labelled(4, 0).encode()),
    "negative, neutral, positive": BroughtFile(
        name="Tweets.csv", content=classes(["negative", "neutral", "positive"]).encode(),
        left_out=12, notes=["left out: 'neutral' (12)"], texts=of_classes(3),
    ),
    "LABEL_0 and LABEL_1": BroughtFile(
        name="a.csv", content=labelled("LABEL_1", "LABEL_0").encode()
    ),
    "p and n": BroughtFile(name="a.csv", content=labelled("p", "n").encode()),
    "SST's phrases, 0 to 4": BroughtFile(
        name="train.tsv", content=SST_PHRASES.encode(), positive=24, negative=24, left_out=12,
        notes=["'Phrase'", "'Sentiment'", "left out: '2' (12)"], texts=of_classes(5),
    ),
    "SST-2 of GLUE": BroughtFile(
        name="train.tsv",
        content=labelled(1, 0, ("sentence", "label"), delimiter="\t").encode(),
    ),
    "Rotten Tomatoes' critics": BroughtFile(
        name="rotten_tomatoes_critic_reviews.csv", content=CRITICS.encode(),
        notes=["'review_content'", "'review_type'", "'review_score' is left aside"],
    ),
    "Steam's Recommended": BroughtFile(
        name="train.csv", content=STEAM.encode(), notes=["'user_review'", "'recommendation'"],
    ),
    "Amazon's TSV with lone quotes": BroughtFile(
        name="amazon_reviews_us.tsv", content=amazon().encode(),
        notes=["'review_body'", "'star_rating'", "Quotation marks are taken for text"],
        texts=AMAZON_TEXTS,
    ),
    "Amazon's TSV, a rating missing": BroughtFile(
        name="amazon_reviews_us.tsv", content=amazon(stars_of_the_first="").encode(),
        positive=11, left_out=1, notes=["the label is missing: 1 row (row 2)"],
        texts=AMAZON_TEXTS,
    ),
    "Amazon's JSON lines": BroughtFile(
        name="reviews_Movies_and_TV_5.json.gz",
        content=gzip.compress(lines(lambda text: {
            "reviewerID": "A2", "asin": "B0", "helpful": [0, 1], "reviewText": text,
            "overall": 5.0 if text in GOOD else 2.0, "summary": "A film"}).encode()),
        notes=["'reviewText'", "'overall'", "JSON lines"],
    ),
    "stars from 1 to 5": BroughtFile(
        name="yelp.csv", content=classes([1, 2, 3, 4, 5], "stars").encode(), positive=24,
        negative=24, left_out=12, notes=["left out: '3' (12)", "stars out of 5"],
        texts=of_classes(5),
    ),
    "stars from 1 to 10": BroughtFile(
        name="a.csv", content=classes([1, 4, 5, 7, 10], "rating").encode(), positive=24,
        negative=24, left_out=12, texts=of_classes(5),
    ),
    "halves of stars": BroughtFile(
        name="a.csv", content=classes([0.5, 2.5, 3.0, 4.5], "rating").encode(), left_out=24,
        texts=of_classes(4),
    ),
    "9/10": BroughtFile(name="a.csv", content=labelled("9/10", "3/10").encode()),
    "5 stars": BroughtFile(name="a.csv", content=labelled("5 stars", "1 star").encode()),
    "5,0": BroughtFile(
        name="a.csv",
        content=labelled("5,0", "1,5", ("text", "rating"), delimiter=";").encode(),
    ),
    "Excel's sep=; with a BOM": BroughtFile(
        name="Mappe1.csv",
        content=("\ufeffsep=;\r\n"
                 + labelled(1, 0, delimiter=";", lineterminator="\r\n")).encode(),
        notes=["semicolon"],
    ),
    "two BOMs": BroughtFile(name="a.csv", content=("\ufeff\ufeff" + KAGGLE).encode()),
    "Mac's \\r alone": BroughtFile(name="a.csv", content=KAGGLE.replace("\n", "\r").encode()),
    "quotes escaped by a backslash": BroughtFile(
        name="a.csv",
        content=("text,label\n" + "".join(f'"A \\"fine\\" C:\\new, {text}",{int(text in GOOD)}\n'
                                          for text in EACH)).encode(),
        texts=[f'A "fine" C:\\new, {text}' for text in EACH], notes=["backslash"],
    ),
    "a TSV that is called .csv": BroughtFile(
        name="a.csv", content=labelled(1, 0, delimiter="\t").encode(), notes=["tab"],
    ),
    "a Parquet file that is called .csv": BroughtFile(name="a.csv", content=parquet()),
    "JSON lines that are called .txt": BroughtFile(
        name="a.txt", content=lines(lambda t: {"text": t, "label": t in GOOD}).encode(),
    ),
    "a gzip that is called .csv": BroughtFile(name="a.csv", content=gzip.compress(KAGGLE.encode())),
    "pandas' index column": BroughtFile(
        name="a.csv",
        content=table([("", "text", "label"),
                       *((at, t, int(t in GOOD)) for at, t in enumerate(EACH))]).encode(),
    ),
    "pandas' columns in JSON": BroughtFile(
        name="a.json",
        content=json.dumps({"text": dict(enumerate(EACH)),
                            "label": {at: int(t in GOOD) for at, t in enumerate(EACH)}}).encode(),
    ),
    "a JSON array": BroughtFile(
        name="a.json",
        content=json.dumps([{"text": t, "label": int(t in GOOD)} for t in EACH], indent=1).encode(),
    ),
    "Windows-1252": BroughtFile(
        name="a.csv",
        content=labelled(1, 0).replace("film", "D\xe9j\xe0 vu \x80").encode("latin-1"),
        notes=["Windows-1252"], texts=[t.replace("film", "D\xe9j\xe0 vu \u20ac") for t in EACH],
    ),
    "UTF-16, as Excel's Unicode text": BroughtFile(
        name="a.txt",
        content=labelled(1, 0, delimiter="\t").encode("utf-16"),
    ),
    "UTF-8 with a damaged letter": BroughtFile(
        name="a.csv", content=labelled("pos", "neg").replace("no. 3;", "né. 3;" + "é" * 30).encode()
        .replace("né. 3".encode(), b"n\xe9. 3"),
        notes=["1 letter is damaged"],
        texts=[t.replace("no. 3;", "n\ufffd. 3;" + "é" * 30) for t in EACH],
    ),
    "a Mac's zip": BroughtFile(
        name="archive.zip",
        content=zipped({"data/": b"", "data/a.csv": KAGGLE.encode(),
                        "__MACOSX/data/._a.csv": b"\0\5\x16\7", "data/.DS_Store": b"\0"}),
    ),
    "ids, counts and contexts": BroughtFile(
        name="a.csv",
        content=table([("review_id", "comment_count", "reviewer", "context", "review_body",
                        "label_source", "sentiment"),
                       *((f"R{at}", at, "Ann Lee", "the web site", t, "a person", int(t in GOOD))
                         for at, t in enumerate(EACH))]).encode(),
        notes=["'review_body'", "'sentiment'"],
    ),
    "columns known by content alone": BroughtFile(
        name="a.csv",
        content=labelled("p", "n", ("was_gesagt_wurde", "wertung")).encode(),
        notes=["'was_gesagt_wurde'", "'wertung'"],
    ),
    "a score that is no stars, a blank rating": BroughtFile(
        name="a.csv",
        content=table([("text", "label", "score"),
                       *((t, int(t in GOOD), 0.98 if at else "") for at, t in enumerate(EACH))]
                      ).encode(),
        notes=["'score' is left aside"],
    ),
    "empty texts, empty labels, the same again": BroughtFile(
        name="a.csv",
        content=(labelled("pos", "neg") + table([("", "pos"), ("And more.", " "), (GOOD[0], "pos"),
                                                 ("...", "neg")])).encode(),
        positive=13, left_out=3, texts=[*EACH, GOOD[0]],
        notes=["the text is empty: 1 row (row 26)", "the label is missing: 1 row (row 27)",
               "1 row with the same text as an earlier one: row 28", "no word"],
    ),
    "rows of another width": BroughtFile(
        name="a.csv", content=(labelled("pos", "neg") + "alone\nso, so,pos\n").encode(), left_out=2,
        notes=["1 cell, not 2: 1 row (row 26)", "3 cells, not 2: 1 row (row 27)"],
    ),
    "rotten and fresh, no header": BroughtFile(
        name="a.csv", content=table(("fresh" if t in GOOD else "rotten", t) for t in EACH).encode(),
        notes=["does not name the columns"],
    ),
    "rotten and fresh, below a name that is one of them": BroughtFile(
        name="a.csv",
        content=table([("review", "fresh"), *((t, "fresh" if t in GOOD else "rotten")
                                              for t in EACH)]).encode(),
        notes=["'review'", "'fresh'"],
    ),
    "recommended or not, below that name": BroughtFile(
        name="a.csv",
        content=table([("review_id", "review_body", "recommended"),
                       *((at, t, "Recommended" if t in GOOD else "Not Recommended")
                         for at, t in enumerate(EACH))]).encode(),
        notes=["'review_body'", "'recommended'"],
    ),
    "a survey with long names": BroughtFile(
        name="a.csv",
        content=labelled("Yes", "No", ("Review", "Would you recommend this film to a friend?"))
        .encode(),
    ),
    "a header in the middle, from two files": BroughtFile(
        name="a.csv", content=(labelled(1, 0) + "text,label\n").encode(), left_out=1,
        notes=["left out: 'label' (1)"],
    ),
    "lone quotes in forty rows, and a comma too many": BroughtFile(
        name="a.tsv",
        content=(labelled(1, 0, delimiter="\t", quoting=csv.QUOTE_NONE)
                 .replace("What a dull film, no. 3", '"What a dull film, no. 3')
                 .replace("A lovely film, no. 7", 'A "lovely" film, no. 7')
                 .replace("What a dull film, no. 9", '"What a dull film, no. 9')
                 + "alone\n").encode(),
        left_out=1, notes=["Quotation marks are taken for text", "1 cell, not 2"],
        texts=[t.replace("What a dull film, no. 3", '"What a dull film, no. 3')
               .replace("A lovely film, no. 7", 'A "lovely" film, no. 7')
               .replace("What a dull film, no. 9", '"What a dull film, no. 9') for t in EACH],
    ),
    "stars as signs": BroughtFile(name="a.csv", content=labelled("★★★★☆", "★☆☆☆☆").encode()),
    "Kaggle's reviews of clothes": BroughtFile(
        name="Womens Clothing E-Commerce Reviews.csv",
        content=table([("", "Clothing ID", "Age", "Title", "Review Text", "Rating",
                        "Recommended IND", "Positive Feedback Count"),
                       *((at, 767, 33, "", t, 5 if t in GOOD else 2, int(t in GOOD), at % 2)
                         for at, t in enumerate(EACH))]).encode(),
        notes=["'Review Text'", "the label in 'Recommended IND', the stars in 'Rating'"],
    ),
    "tweets about games, no header": BroughtFile(
        name="twitter_training.csv",
        content=table((2401 + at, "Borderlands" if at % 3 else "Nvidia",
                       "Irrelevant" if at == 5 else "Positive" if t in GOOD else "Negative", t)
                      for at, t in enumerate(EACH)).encode(),
        negative=11, left_out=1, notes=["does not name the columns", "'column 3'"],
        texts=[t for at, t in enumerate(EACH) if at != 5],
    ),
    "Hugging Face's stars by name": BroughtFile(
        name="yelp.parquet",
        content=parquet({"info": {"features": {"label": {
            "names": ["1 star", "2 star", "3 stars", "4 stars", "5 stars"],
            "_type": "ClassLabel"}}}}, lambda text: 4 if text in GOOD else 0),
        notes=["0 is 1 star", "positive: '5 stars' (12)"],
    ),
    "a text over several lines": BroughtFile(
        name="a.csv", content=(labelled("pos", "neg") + '"One,\ntwo, ""three"".\n",pos\n').encode(),
        positive=13, notes=["1 row with a cell over several lines", "row 26"],
        texts=[*EACH, 'One,\ntwo, "three".\n'],
    ),
    "labels that nobody knows": BroughtFile(
        name="a.csv", content=labelled("x", "y").encode(),
        options=["--positive", "x", "--negative", "y"],
        refusal="'x' (12), 'y' (12). Say which are positive",
    ),
    "stars from 1 to 2": BroughtFile(
        name="a.csv", content=labelled(2, 1, ("text", "stars")).encode(),
        options=["--positive", "2", "--negative", "1"], refusal="--positive V",
    ),
    "0 and 1 and a slip": BroughtFile(
        name="a.csv", content=(labelled(1, 0) + "So so.,7\n").encode(), left_out=1,
        options=["--positive", "1", "--negative", "0"], refusal="--positive V",
    ),
    "no header, labels that nobody knows": BroughtFile(
        name="a.csv", content=table((t, "up" if t in GOOD else "down") for t in EACH).encode(),
        options=["--no-header", "--text", "1", "--label", "2", "--positive", "up",
                 "--negative", "down"],
        refusal="--label COLUMN",
    ),
}  # fmt: skip
