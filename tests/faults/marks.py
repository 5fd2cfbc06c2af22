"""Marks of the functions that run.py finds: @short ones run in CI, @long ones outside."""


def short(function):
    function.fault = "short"
    return function


def long(function):
    function.fault = "long"
    return function
