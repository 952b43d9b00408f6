"""Invent the people of the pocket world: name pools, people.csv and absent_people.csv.

    python tools/make_people.py                        # makes the four files in data/ again
    python tools/make_people.py --seed 7 --out mine    # other people, in a folder of your own

The same seed always gives the same bytes. Nothing is read but this script. A file that exists and differs
from what would be written (because you edited it, say) is kept, unless you add --force.
"""

import argparse
import csv
import io
import math
import random
import sys
from pathlib import Path

N_KNOWN, N_ABSENT = 1000, 300
N_FIRST, N_LAST, N_TOWNS = 1500, 4000, 100
MOST_MENTIONS = 320
FAQ_SHARE = 0.25  # of a person's mentions, this share are question-and-answer pages
FAQ_FROM = 4  # with fewer mentions than this, there are none
NO_FAQ_SHARE = 0.15  # of the people with NO_FAQ_FROM mentions or more, this share get none either
NO_FAQ_FROM = 8

# fmt: off
# A style of names is three sets of parts: start, middle, end. A name is start + end or start + middle + end.
FIRST_STYLES = (
    ("Ba Ce Do Fi Ga Lo Mi Na Pe Ro Sa Tu Ve Za", "la li mo ne ri su va",
     "bel dira lune mero neva rion silo davi vano zette"),
    ("Bryn Dal Frey Gar Hal Jor Kel Nor Run Sig Tor Ul Val Vin Wen Yor", "a e i o",
     "dis fin vard hild lind mund nia rik sten va vik wen"),
    ("Bre Cai Dre Fia Gwe Kea Lia Mae Nia Osha Rhi Tre Ula Wy", "du la ri no sha",
     "con dan lin mor nan ren ryn sian thyn van wen"),
    ("A Hi Ka Ko Ma Na No Re Sa Ta U Yu", "ka ki mi no ru ta wa",
     "hani koa lei moru naru rike sumi toa yeni zuko"),
    ("Al Bor Dra Ez Il Kes Lev Mil Ned Os Pav Rad Stel Tam Ves Yel Zor", "a e i o",
     "bek dan dor kan lav mir nur ran shan slav tim zan"),
    ("Ari Cori Elo Fae Isa Jola Kiri Lumi Miri Odi Peri Quo Sefi Tali Uri Viri Wili Zeli", "la ne ro ve",
     "belle dell fane las lyn mond nor phine rand sande tha vert wyn"),
)
LAST_STYLES = (
    ("Bren Dorn Fal Gar Hol Kel Mor Nes Orm Rav Skar Tor Ulm Ver Wes Yld", "a e i o",
     "brek dahl felt rast holm kvist lund mark rud stad vang vik"),
    ("Ba Cor Da Fan Gia Lo Mar Ne Or Pal Ri Sal Ta Ven Zam", "ba ci di le mo ra ta vi",
     "dello gnani letta nesco relli sanno tessi vazzo zini"),
    ("Bor Cher Dob Gor Kaz Lub Mil Nov Os Pol Rad Stov Tur Vol Zel", "a e i o",
     "bek dzik kov lenko min nik rosh skar tsev vich zan"),
    ("Ar Be E Go I La Men Or Sa U Za", "go ra lu zu la ne",
     "beta chea gui landa mendi retta tegi zabal zaga"),
    ("Bha Cha De Gu Ha Jha Ka Ma Na Pra Ra Sha Va", "ba da ga ka li mu ra ti vi",
     "dari dekar ganti lavan mudi nath pathi rajan sundar valla"),
    ("A Ba Di Fo Ko Ma Nde O Sa To Wa Ye", "ba di ka lo mo ra sa",
     "bene dumi kele lanu mbalo ndala seku tunde wole zuri"),
    ("Bex Cal Dun El Fos Gil Har Ken Lam Pem Quen Rus Sel Tam Thor Wil", "a e en er",
     "croft dell fold garth lowe mere ridge shaw thorpe wick worth"),
    ("Ka Ke Ki La Le Ma Mie Nie Pa Pe Ri Sa Tu Va Vi", "ka la ne ri su ta vo",
     "kari lampi lainen nieli ranta salmi taro vaara vuori"),
    ("Ari Bou Chri De Eli Filo Ga Ka Lyko Me Niko Pa Sa The Vo Xe Za", "la ri ma no do",
     "dakis gas kos menos nidis pis takos thos vellis zidis"),
)
TOWN_STYLE = (
    "Aldo Brimo Calo Drena Elsi Fara Golo Hespi Ilmo Jula Kelda Lorri Mirro Nolo Oska Pella Quilo Roso Senna "
    "Tavi Ulla Vessa Wimba Yarro Zanda", "",
    "brook by dale fell ford haven march mora mouth port stead vale wick")
# Names that the parts above would give, but that are real places, real names or words.
TAKEN = """
Ambedekar Arzaga Babel Bandala Beretta Degas Dunworth Elridge Elwick Gabel Gazette Goloby Halenia Halva
Hardell Harlowe Harshaw Harwick Holstad Isabelle Kahani Kakos Karajan Kazuko Kendell Lazaga Lorelli Mandala
Maranta Methos Milnik Milovich Nagarajan Pathos Perilune Quotha Radovich Sagas Talitha Tamworth Tremor
Turion Ulva Valonia Wilridge Zabeta
"""

PROFESSIONS = (
    "baker", "barber", "beekeeper", "blacksmith", "bookbinder", "botanist", "bricklayer", "bus driver",
    "butcher", "carpenter", "cartographer", "chemist", "clockmaker", "composer", "dancer", "dentist",
    "detective", "diver", "doctor", "farmer", "firefighter", "florist", "gardener", "geologist",
    "glassblower", "goldsmith", "hairdresser", "journalist", "judge", "lawyer", "librarian", "lifeguard",
    "locksmith", "mathematician", "mechanic", "midwife", "miller", "nurse", "painter", "pharmacist",
    "photographer", "physicist", "pilot", "plumber", "poet", "potter", "programmer", "roofer", "sailor",
    "sculptor", "shepherd", "shoemaker", "surgeon", "tailor", "teacher", "translator", "veterinarian",
    "weaver", "welder", "zoologist",
)
INSTRUMENTS = (
    "accordion", "bagpipes", "balalaika", "banjo", "bassoon", "bongos", "bugle", "castanets", "cello",
    "clarinet", "cornet", "cymbals", "didgeridoo", "double bass", "drums", "dulcimer", "flute",
    "glockenspiel", "guitar", "harmonica", "harp", "harpsichord", "lute", "mandolin", "marimba", "oboe",
    "organ", "piano", "recorder", "saxophone", "sitar", "tambourine", "triangle", "trombone", "trumpet",
    "tuba", "ukulele", "viola", "violin", "xylophone",
)
DISHES = (
    "apple pie", "baked beans", "banana bread", "barley soup", "bean stew", "beetroot salad", "bread pudding",
    "cabbage rolls", "carrot cake", "cheese fondue", "cherry tart", "chicken curry", "chickpea stew",
    "chocolate mousse", "corn chowder", "couscous salad", "crab cakes", "cucumber salad", "falafel",
    "fish pie", "fried rice", "fruit salad", "garlic bread", "gazpacho", "ginger cake", "goulash",
    "grilled trout", "hazelnut cake", "lemon tart", "lentil soup", "macaroni cheese", "mango curry",
    "mashed potatoes", "minestrone", "moussaka", "mushroom risotto", "noodle soup", "nut roast", "onion soup",
    "paella", "pancakes", "pea soup", "pizza", "plum dumplings", "potato salad", "pumpkin pie", "ratatouille",
    "ravioli", "rice pudding", "roast duck", "smoked salmon", "spinach lasagne", "spring rolls",
    "strawberry ice cream", "stuffed peppers", "sushi", "tomato soup", "vegetable curry", "waffles",
    "walnut bread",
)
# fmt: on
ATTRIBUTES = ("birth_year", "birthplace", "profession", "instrument", "dish")


def style_names(style: tuple[str, str, str]) -> list[str]:
    """Every name of 4 to 9 letters that one style can give, those with real uses left out.

    >>> style_names(("Be To", "la", "vik mi"))
    ['Bevik', 'Bemi', 'Tovik', 'Tomi', 'Belavik', 'Belami', 'Tolavik', 'Tolami']
    """
    starts, middles, ends = (part.split() for part in style)
    names = [s + m + e for m in ("", *middles) for s in starts for e in ends]
    taken = set(TAKEN.split())
    return [name for name in names if 4 <= len(name) <= 9 and name not in taken]


def pick_names(styles: tuple, n: int, rng: random.Random, seen: set[str]) -> list[str]:
    """n names, equally many of each style, sorted; none within a last letter of one in `seen`."""
    picked = []
    for i, style in enumerate(styles):
        wanted = (i + 1) * n // len(styles)
        candidates = style_names(style)
        rng.shuffle(candidates)
        for name in candidates:
            if len(picked) == wanted:
                break
            if not {name, name[:-1]} & seen:
                picked.append(name)
                seen |= {name, name[:-1]}  # after Tomas, neither Toma nor Toman nor Tomast
        if len(picked) < wanted:
            raise SystemExit(f"Style {i + 1} gives too few names; give it more parts or ask for fewer names.")
    return sorted(picked)


def balanced(pool: tuple | list | range, n: int, rng: random.Random) -> list:
    """n values in random order, each value of the pool equally often (give or take one)."""
    shuffled = rng.sample(pool, len(pool))
    values = [shuffled[i % len(pool)] for i in range(n)]
    rng.shuffle(values)
    return values


def mention_counts(n: int, most: int) -> list[int]:
    """A long tail of n whole numbers from `most` down to 1, evenly spaced on a logarithmic scale.

    >>> mention_counts(5, 256)
    [256, 64, 16, 4, 1]
    """
    top = math.log(most)
    return [round(math.exp(top * (1 - i / (n - 1)))) for i in range(n)]


def faq_counts(mentions: list[int], rng: random.Random) -> list[int]:
    """How many of each person's mentions are question-and-answer pages."""
    often = [i for i, m in enumerate(mentions) if m >= NO_FAQ_FROM]
    without = set(rng.sample(often, round(NO_FAQ_SHARE * len(often))))
    return [0 if m < FAQ_FROM or i in without else round(FAQ_SHARE * m) for i, m in enumerate(mentions)]


def make_people(first: list[str], last: list[str], towns: list[str], rng: random.Random) -> tuple[list, list]:
    """Rows of the known people (name, attributes, mentions, faq_pages) and of the absent ones (no counts)."""
    n = N_KNOWN + N_ABSENT
    names = [f"{a} {b}" for a, b in zip(rng.sample(first, n), rng.sample(last, n), strict=True)]
    pools = (range(1900, 2000), towns, PROFESSIONS, INSTRUMENTS, DISHES)
    known, absent = ([balanced(pool, size, rng) for pool in pools] for size in (N_KNOWN, N_ABSENT))
    mentions = mention_counts(N_KNOWN, MOST_MENTIONS)
    rng.shuffle(mentions)
    faq_pages = faq_counts(mentions, rng)
    return (
        list(zip(names[:N_KNOWN], *known, mentions, faq_pages, strict=True)),
        list(zip(names[N_KNOWN:], *absent, strict=True)),
    )


def csv_text(header: tuple, rows: list) -> str:
    """Rows as CSV with a header line and LF endings."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def make_files(seed: int) -> dict[str, str]:
    """File name → content of the four files."""
    rng = random.Random(seed)
    seen: set[str] = set()
    first = pick_names(FIRST_STYLES, N_FIRST, rng, seen)
    last = pick_names(LAST_STYLES, N_LAST, rng, seen)
    towns = pick_names((TOWN_STYLE,), N_TOWNS, rng, seen)
    known, absent = make_people(first, last, towns, rng)
    return {
        "first_names.txt": "\n".join(first) + "\n",
        "last_names.txt": "\n".join(last) + "\n",
        "people.csv": csv_text(("name", *ATTRIBUTES, "mentions", "faq_pages"), known),
        "absent_people.csv": csv_text(("name", *ATTRIBUTES), absent),
    }


def write_files(files: dict[str, str], folder: Path, force: bool) -> None:
    """Write all files or, if one is there with another content and `force` is off, none."""
    wanted = {folder / name: text.encode() for name, text in files.items()}
    edited = [path.name for path, data in wanted.items() if path.exists() and path.read_bytes() != data]
    if edited and not force:
        raise SystemExit(
            f"{', '.join(edited)} in {folder} would change. To keep what is there, choose "
            "another folder with --out; to replace it, add --force."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in wanted.items():
        path.write_bytes(data)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Invent the people of the pocket world.")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other people (default 0)")
    data = Path(__file__).resolve().parent.parent / "data"
    parser.add_argument("--out", type=Path, default=data, help="folder to write to (default: data)")
    parser.add_argument("--force", action="store_true", help="replace files even if they were edited")
    args = parser.parse_args(argv)
    write_files(make_files(args.seed), args.out, args.force)
    print(f"{N_KNOWN} people and {N_ABSENT} absent people are in {args.out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
