"""Frames as a GIF, by Pillow, or as an MP4, by ffmpeg where it is installed; in pieces, so that it can be stopped."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops
from PIL.GifImagePlugin import getdata, getheader
from PySide6.QtGui import QImage

from chainrule.model.files.disk import Written, replacing

GIF, MP4 = "GIF", "MP4"
COLORS = 256
TRAILER = b";"
BLOCK = 1 << 20
# So long the encoder is waited for each time that it is looked at.
WAIT_S = 0.005


class EncoderError(OSError):
    """What ffmpeg said when it could not make the video."""


def ffmpeg_path() -> str | None:
    """Return where ffmpeg is, or None where it is not installed."""
    return shutil.which("ffmpeg")


def gif_pieces(frames: Iterable[QImage | None], seconds: float) -> Iterator[bytes]:
    """Yield a GIF that begins again at its end, one piece for each frame; each is seen for so many seconds.

    Of a frame only that is written in which it differs from the one before.
    """
    before: Image.Image | None = None
    for frame in frames:
        if frame is None:
            yield b""
            continue
        shown = Image.frombytes("RGBA", frame.size().toTuple(), _bytes(frame)).convert("RGB")
        box = (0, 0, *shown.size) if before is None else ImageChops.difference(shown, before).getbbox() or (0, 0, 1, 1)
        part = shown.crop(box).quantize(COLORS, dither=Image.Dither.NONE)
        head = b"" if before is not None else b"".join(getheader(part, info={"loop": 0})[0])
        data = getdata(part, box[:2], duration=round(seconds * 100) * 10, include_color_table=True)
        yield head + b"".join(bytes(piece) for piece in data)
        before = shown
    yield TRAILER


def writing_video(target: Path, frames: Iterable[QImage | None], seconds: float) -> Generator[None, None, Written]:
    """Have ffmpeg make an MP4 of frames, each seen for so many seconds, and write it to a file.

    Raises `EncoderError` where ffmpeg fails, and `OSError` where the file cannot be written.
    """
    program = ffmpeg_path()
    if program is None:
        raise EncoderError("ffmpeg is not installed")
    with TemporaryDirectory(prefix="chainrule-") as folder:
        made, process = Path(folder) / "video.mp4", None
        try:
            for frame in frames:
                if frame is not None:
                    process = process or _encoder(program, frame, seconds, made)
                    assert process.stdin is not None
                    # Where it has ended, it says why.
                    with suppress(BrokenPipeError):
                        process.stdin.write(_bytes(frame))
                yield
            assert process is not None
            yield from _finished(process)
        finally:
            if process is not None:
                _end(process)
        return (yield from replacing(target, _blocks(made)))


def _encoder(program: str, frame: QImage, seconds: float, made: Path) -> subprocess.Popen[bytes]:
    """Start ffmpeg on raw frames that come through a pipe; no shell is in between."""
    size, pace = f"{frame.width()}x{frame.height()}", f"1000/{round(seconds * 1000)}"
    given = ["-f", "rawvideo", "-pix_fmt", "rgba", "-video_size", size, "-framerate", pace, "-i", "pipe:0"]
    wanted = ["-pix_fmt", "yuv420p", "-r", "25", "-movflags", "+faststart", "-f", "mp4", str(made)]
    command = [program, "-nostdin", "-loglevel", "error", "-y", *given, *wanted]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _finished(process: subprocess.Popen[bytes]) -> Generator[None, None, None]:
    """Wait until ffmpeg has written all of it."""
    assert process.stdin is not None
    assert process.stderr is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    while process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(WAIT_S)
        yield
    if process.returncode:
        said = process.stderr.read().decode(errors="replace").strip().splitlines()
        raise EncoderError(f"ffmpeg failed: {said[-1] if said else process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _bytes(frame: QImage) -> bytes:
    # The view of its bits does not keep an image alive.
    converted = frame.convertToFormat(QImage.Format.Format_RGBA8888)
    return bytes(converted.constBits())
