"""Deadlines and conditions. STEELYARD_SLOWDOWN=N (sanitizer builds) makes deadlines N times longer and loads smaller."""
import os
import time

SLOWDOWN = max(1.0, float(os.environ.get("STEELYARD_SLOWDOWN", "1")))


def scaled(seconds):
    return seconds * SLOWDOWN


def reduced(count, least=1):
    """A count or a size, smaller where everything is slow."""
    return max(least, int(count / SLOWDOWN))


def wait_until(condition, what, seconds=10.0, interval=0.02):
    """Polls until condition() is true and returns its value; AssertionError at the deadline."""
    deadline = time.monotonic() + scaled(seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {scaled(seconds):g} s: {what}")
        time.sleep(interval)  # lint: polls with a deadline


def never(condition, what, seconds):
    """The condition must stay false for that long (not scaled: a longer look finds nothing better)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            raise AssertionError(what)
        time.sleep(0.01)  # lint: the absence of an effect can only be watched for


def equal(found, expected, what=""):
    if found != expected:
        raise AssertionError(f"{what}{': ' if what else ''}expected {expected!r}, found {found!r}")


def contains(text, part, what=""):
    if part not in text:
        raise AssertionError(f"{what}{': ' if what else ''}{part!r} is not in {text!r}")
