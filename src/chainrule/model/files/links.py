"""A whole experiment as a link: a line of text that can be mailed, put into a task or drawn as a QR code.

A link is `chainrule:1.` and the file's JSON, without blanks, compressed (RFC 1951) and written in the letters of URLs
(RFC 4648, section 5). Whoever reads one trusts nothing in it: sizes are bounded, and what comes out is checked as a
file is.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment, check_structure
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encoded

SCHEME = "chainrule:"
START = f"{SCHEME}1."
# Longer ones are cut by mail programs and chats: such an experiment is sent as a file.
MOST_CHARACTERS = 16_384
# Far more than an experiment of such a link has, and little to read.
MOST_JSON = 2**20
_ANOTHER = re.compile(r"chainrule:(\d+)\.")
# What surrounds a link in a mail, and what wraps it.
_AROUND = re.compile(r"[\s<>]+")
_LETTERS = re.compile(r"[A-Za-z0-9_-]*")
_WINDOW_BITS = -15
# What most experiments say, so that a link need not: the likeliest at the end. Links of version 1 were written with
# these very bytes, and can be read with no others.
_USUAL = (
    b'"weight_decay":0.0,"nesterov":false,"maximize":false,"amsgrad":false,"betas":[0.9,0.999],"eps":1e-08,'
    b'"alpha":0.99,"centered":false,"negative_slope":0.01,"name":"LeakyReLU","name":"GELU","name":"Softmax",'
    b'"name":"BCEWithLogitsLoss","name":"BCELoss","name":"L1Loss","name":"SmoothL1Loss","name":"HalfSquaredError",'
    b'"reduction":"sum","reduction":"batchmean","name":"Formula","formula":"","updates":["","next = param - lr*"],'
    b'"accumulate":2,"test_size":0.2,"penalties":[{"name":"L2","factor":0.01,"half":true,"parameters":["*.weight"]}],'
    b'"parameter_groups":[{"parameters":["*.bias"],"lr":0.1}],"state":{"iteration":1,"values":{"layers.0.weight.'
    b'momentum_buffer":[[.exp_avg":[[.exp_avg_sq":[["network":{"formula":["f = ","clipping":{"name":"clip_grad_norm_",'
    b'"max_norm":1.0,"norm_type":2.0},"scheduler":{"name":"StepLR","step_size":10,"gamma":0.1,"interval":"epoch"},'
    b'"name":"CrossEntropyLoss","name":"AdamW","name":"RMSprop","name":"Adam","lr":0.001,"name":"Tanh"},'
    b'"name":"Identity"},"name":"Sigmoid"},"bias":true},{"units":1,"activation":{"name":"ReLU"},"bias":true}]},'
    b'"initialization":{"scheme":"torch_default","seed":0},"parameters":{"layers.0.weight":[[0.1,0.2],[0.3,0.4]],'
    b'"layers.0.bias":[0.0,0.0],"layers.1.weight":[[0.5,-0.5]],"layers.1.bias":[0.0],"layers.2.weight":[[},"frozen":['
    b'],"data":{"inputs":[[1.0,2.0],[3.0,4.0]],"targets":[[1.0],[0.0],[1.0]],"batch_size":null,"shuffle":false,'
    b'"seed":0},"loss":{"name":"MSELoss","reduction":"mean"},"optimizer":{"name":"SGD","lr":0.01,"momentum":0.0,'
    b'"dampening":0.0,"weight_decay":0.0,"nesterov":false},"dtype":"float32","device":"cuda:0","dtype":"float64",'
    b'"device":"cpu"}{"format":"chainrule-experiment","version":2,"format":"chainrule-experiment","version":1,"title":"'
    b'","network":{"inputs":2,"layers":[{"units":2,"activation":{"name":"'
)


def link_of(experiment: Experiment) -> str:
    """Return the link that `experiment_of_link` reads as an equal experiment; `SpecError` where that is too long."""
    check_structure(experiment)
    text = _json(experiment)
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS, 9, zdict=_USUAL)
    packed = packer.compress(text.encode()) + packer.flush()
    link = START + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(link) > MOST_CHARACTERS:
        message = f"as a link it would have {len(link):,} characters, and {MOST_CHARACTERS:,} are the most"
        raise SpecError("link", f"{message}; send the file instead")
    return link


def _json(experiment: Experiment) -> str:
    """Return the file's JSON without blanks, or `SpecError` where that is more than a link may hold."""
    pieces, size = [], 0
    for piece in encoded(experiment):
        pieces.append(piece)
        size += len(piece)
        # A file has a blank or two for each number.
        if size > 2 * MOST_JSON:
            raise _too_large()
    text = json.dumps(json.loads(b"".join(pieces)), ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MOST_JSON:
        raise _too_large()
    return text


def _too_large() -> SpecError:
    return SpecError("link", "it is too large for a link; send the file instead")


def is_link(text: str) -> bool:
    """Return whether a text, from a clipboard say, is meant as a link to an experiment."""
    return _AROUND.sub("", text[: 2 * len(START)]).startswith(SCHEME)


def experiment_of_link(text: str) -> Experiment:
    """Return the experiment of a link; blanks and lines between its characters do not matter.

    What is no such link, or is cut off, is a `SpecError` of one line.
    """
    # Each line that a mail program makes of it adds a few characters.
    if len(text) > 2 * MOST_CHARACTERS:
        raise SpecError("link", f"expected at most {MOST_CHARACTERS:,} characters, got {len(text):,}")
    link = _AROUND.sub("", text)
    if not link.startswith(START):
        if (other := _ANOTHER.match(link)) is not None:
            raise SpecError("link", f"it needs a newer Chainrule: its version is {other[1][:9]}, and this reads 1")
        raise SpecError("link", f'expected a text that begins with "{START}"')
    written = link.removeprefix(START).rstrip("=")
    if _LETTERS.fullmatch(written) is None:
        wrong = next(place for place, sign in enumerate(written) if _LETTERS.fullmatch(sign) is None)
        raise SpecError("link", f"it has a {written[wrong]!r} in it, which no link has")
    return decode_experiment(_unpacked(written))


def _unpacked(written: str) -> bytes:
    unpacker = zlib.decompressobj(_WINDOW_BITS, zdict=_USUAL)
    try:
        packed = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
        plain = unpacker.decompress(packed, MOST_JSON)
    except (binascii.Error, zlib.error):
        raise SpecError("link", "it is damaged: some of its characters are others, or missing") from None
    if unpacker.unconsumed_tail:
        raise SpecError("link", f"it holds more than {MOST_JSON:,} characters, which no experiment of a link has")
    if not unpacker.eof:
        raise SpecError("link", "its end is missing: copy all of it")
    return plain
