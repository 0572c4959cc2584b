"""The codes of the tables, for repeating them."""

import os
import weakref

import evaluate


def cases(ffi, lib):
    names = dict(ffi=ffi, lib=lib, weakref=weakref, enter=evaluate.enter)
    for table in ("same.txt", "better.txt"):
        with open(os.path.join(os.path.dirname(__file__), table), encoding="utf-8") as file:
            text = file.read()
        for code, _ in evaluate.blocks(text):
            # Keys of init_once() are kept on purpose; new classes make the count uneven.
            if "init_once" not in code and "type('" not in code:
                yield code, names
