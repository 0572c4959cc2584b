# imports: imp
# producers: rust
"""A sub-interpreter is told that the DLL is not for it. CFFI before 3.12 runs the main one's functions."""

import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

import _imp_cffi

print("I10", _imp_cffi.lib.do_stuff(_imp_cffi.ffi.new("ipt_t *", (40, 2))), flush=True)
interpreters.run_string(
    interpreters.create(),
    """if True:
    try:
        import _imp_cffi
    except ImportError as error:
        print("I10", str(error).split(":")[0], flush=True)
    else:
        print("I10 imported", flush=True)
    """,
)
print("I10", _imp_cffi.lib.do_stuff(_imp_cffi.ffi.new("ipt_t *", (40, 3))), flush=True)
sys.exit(17)
