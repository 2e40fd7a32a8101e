"""What chance does to bytes: on their own, as text, as an archive, as fields of fixed length."""

from __future__ import annotations

import io
import random
import re
import warnings
import zipfile

from tests.soak.mutated_files import Mutation, cut, flip, put_in, splice

# Of text: what means something to some reader.
TOKENS = (
    *("0", "1", "-1", "2", "10", "0.5", "1e5", "1e308", "1e309", "-1e400", "1e-320", "nan", "inf", "-inf", "NA", "?"),
    *("100000", "1000000000", "9" * 25, "9" * 5000, "0x10", "1_000", "½", "\u0663", "−2", "1,5", "1.234,5", "1/3"),
    *("(", ")", "[", "]", "{", "}", '"', "'", "\\", "#", "=", "*", "**", "+", "-", "/", "//", "%", "@", ":", ",", ";"),
    *("\t", "\n", "\r", "\r\n", " ", "\f", "\v", "\0", "\x1b", "\u202e", "\u2028", "\ud800", "\U0001f600", "é", "a"),
    *("x" * 5000, "pi", "sqrt(", "exp(", "if(", "sum(", "self", "None", "True", "lambda x:", "for i in range(10**9):"),
    *(
        "[0] * 10**9",
        "'a' * 10**9",
        "10**10**10",
        "1 << 10**9",
        "range(10**12)",
        "torch.ones(10**6, 10**6)",
        "while 1:",
    ),
    # Long ones of a kind, over which a search may go again and again.
    *(
        sign * 20_000
        for sign in (" ", "\u2003", "-", "- ", ".", "1,", "1.", "1e", '"', "(", "a.", ";", "\n", "é", "1;")
    ),
)
# Of fields of fixed length: counts and places that cannot be, and some that just might.
INTEGERS = (0, 1, 2, 3, 8, 127, 128, 255, 256, 1000, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, -1)
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def field(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A number of one, two, four or eight bytes made another one."""
    length = chance.choice((1, 2, 4, 8))
    place = chance.randrange(max(1, len(data) - length + 1))
    number = chance.choice(INTEGERS) % 2 ** (8 * length)
    return data[:place] + number.to_bytes(length, chance.choice(("little", "big"))) + data[place + length :]


def again(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A part of it many times."""
    first = chance.randrange(len(data) + 1)
    part = data[first : first + chance.choice((1, 3, 20, 200))]
    return data[:first] + part * chance.choice((2, 10, 100, 3000)) + data[first:]


def exchange(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Words exchanged, doubled, left out, or made others that mean something."""
    words = _WORDS.findall(data.decode("utf-8", "surrogateescape"))
    if not words:
        return data
    for _ in range(chance.choice((1, 1, 2, 4))):
        one, two = chance.randrange(len(words)), chance.randrange(len(words))
        kind = chance.randrange(4)
        if kind == 0:
            words[one], words[two] = words[two], words[one]
        elif kind == 1:
            words[one] = words[two]
        elif kind == 2:
            words[one] = ""
        else:
            words[one] = chance.choice(TOKENS)
    return _bytes("".join(words))


def lines(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Lines exchanged, repeated, left out, or taken from another."""
    found = data.splitlines(keepends=True) or [b""]
    one, two = chance.randrange(len(found)), chance.randrange(len(found))
    kind = chance.randrange(4)
    if kind == 0:
        found[one], found[two] = found[two], found[one]
    elif kind == 1:
        found[one:one] = [found[two]] * chance.choice((1, 3, 500))
    elif kind == 2:
        del found[one]
    else:
        taken = chance.choice(others).splitlines(keepends=True) or [b""]
        found.insert(one, chance.choice(taken))
    return b"".join(found)


def nest(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A word in brackets, many deep, or behind many signs."""
    words = _WORDS.findall(data.decode("utf-8", "surrogateescape"))
    if not words:
        return data
    place, depth = chance.randrange(len(words)), chance.choice((1, 2, 20, 150, 2000, 50_000))
    begin, end = chance.choice((("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("sqrt(", ")"), ("not ", ""), ("(", "")))
    words[place] = begin * depth + words[place] + end * depth
    return _bytes("".join(words))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape" if all("\udc80" <= c <= "\udcff" for c in _lone(text)) else "replace")


def _lone(text: str) -> str:
    return "".join(re.findall("[\ud800-\udfff]", text))


def within(*inner: Mutation, stored: bool = False, member: str = "") -> Mutation:
    """Return what opens an archive, spoils what is in it, and makes an archive of it again.

    So what is spoiled is reached by its reader, and is not refused for a sum that does not fit. With `stored` nothing
    is compressed, mostly. Where a `member` is named, that alone is spoiled.
    """

    def mutation(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
        members = members_of(data)
        if not members:
            return data
        name = member if member in members else chance.choice(list(members))
        kind = chance.randrange(8) if name != member else 8
        if kind == 0:
            del members[name]
        elif kind == 1:
            members[chance.choice((*members, "x", "../x", "a" * 70_000, "é.npy", "xl/sharedStrings.xml"))] = members[
                name
            ]
        elif kind == 2:
            members[name] = chance.choice(list(members_of(chance.choice(others)).values()) or [b""])
        else:
            for _ in range(chance.choice((1, 1, 2))):
                members[name] = chance.choice(inner)(members[name], chance, others)
        deflate = chance.random() < (0.1 if stored else 0.6)
        return archive_of(members, zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED)

    return mutation


def members_of(data: bytes) -> dict[str, bytes]:
    """Return what is in an archive; nothing where it is none any longer, or would be too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > 2**22:
                return {}
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:
        return {}


def archive_of(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive, warnings.catch_warnings():
        # Two of a name.
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name[:65_000]), content, compression)
    return out.getvalue()


BYTES: tuple[Mutation, ...] = (flip, flip, put_in, cut, splice, field, field, again)
TEXT: tuple[Mutation, ...] = (exchange,) * 4 + (lines,) * 2 + (nest, flip, put_in, cut, splice, again)
