from _partial_cffi import ffi


@ffi.def_extern()
def partial_size():
    return ffi.sizeof("part_t") * 100 + ffi.sizeof("struct tail_s")


@ffi.def_extern()
def partial_next(part):
    part.n += 1
    return part


@ffi.def_extern()
def partial_kind(tail):
    tail.kind += 1
    return ffi.offsetof("struct tail_s", "kind")
