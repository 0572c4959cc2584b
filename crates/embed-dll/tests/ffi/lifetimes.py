"""What keeps what alive, and that nothing is kept for ever. `ffi` and `lib` are given."""

import gc
import sys
import threading
import weakref


def parts_keep_their_owner():
    outer = ffi.new("struct outer *")
    owner = weakref.ref(outer)
    inner = getattr(outer[0], "in")
    del outer
    gc.collect()
    name = inner.name
    del inner
    gc.collect()
    assert owner() is not None
    name[0] = b"x"
    part = name[0:2]
    del name
    gc.collect()
    assert owner() is not None and part[0] == b"x"
    view = memoryview(ffi.buffer(part))
    del part
    gc.collect()
    assert owner() is not None and view[0] == ord("x")
    del view
    gc.collect()
    assert owner() is None
    address = ffi.addressof(ffi.new("point_t *", [1, 2])[0], "y")
    assert address[0] == 2


def records_are_copies():
    point = ffi.new("point_t *", [1, 2])
    made = lib.make_point(3, 4)
    point[0] = made
    made.x = 9
    assert point.x == 3


def destructors_run_once():
    log = []
    pointer = ffi.gc(ffi.new("int *", 5), lambda value: log.append(value[0]))
    del pointer
    gc.collect()
    assert log == [5], log
    pointer = ffi.gc(ffi.new("int *", 6), lambda value: log.append(value[0]))
    ffi.release(pointer)
    ffi.release(pointer)
    del pointer
    assert log == [5, 6], log
    with ffi.gc(ffi.new("int *", 7), lambda value: log.append(value[0])) as pointer:
        assert log == [5, 6]
    assert log == [5, 6, 7], log
    # An exception that is under way survives a destructor, also one that raises.
    reports = []
    before, sys.unraisablehook = sys.unraisablehook, reports.append
    try:
        pointer = ffi.gc(ffi.new("int *"), lambda value: 1 / 0)
        raise ValueError("first")
    except ValueError as error:
        del pointer
        gc.collect()
        assert str(error) == "first"
    finally:
        sys.unraisablehook = before
    assert len(reports) == 1 and reports[0].exc_type is ZeroDivisionError


def cycles_are_collected():
    class Holder:
        pass

    def by_destructor(holder, log):
        holder.value = ffi.gc(ffi.new("int *"), lambda value, holder=holder: log.append(1))

    def by_handle(holder, log):
        holder.value = ffi.new_handle(holder)

    def by_buffer(holder, log):
        class Bytes(bytearray):
            pass

        data = Bytes(8)
        data.back, data.value = holder, ffi.from_buffer(data)
        holder.data = data

    def by_view(holder, log):
        holder.value = ffi.gc(ffi.new("point_t *"), lambda value, holder=holder: log.append(1))[0]

    def by_iterator(holder, log):
        holder.value = iter(ffi.gc(ffi.new("int[2]"), lambda value, holder=holder: None))

    for tie in (by_destructor, by_handle, by_buffer, by_view, by_iterator):
        log = []
        holder = Holder()
        tie(holder, log)
        gone = weakref.ref(holder)
        del holder
        gc.collect()
        gc.collect()
        assert gone() is None, tie.__name__
        assert log == ([1] if tie in (by_destructor, by_view) else []), (tie.__name__, log)


def nothing_is_lost():
    if not hasattr(sys, "gettotalrefcount") or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return
    import table_cases

    for code, names in table_cases.cases(ffi, lib):
        compiled = compile(code, "case", "exec")

        def once():
            try:
                exec(compiled, dict(names))
            except Exception:
                pass

        # CPython's own caches move the count a little now and then; what is lost is lost each time.
        for _ in range(5):
            gc.collect()
            before = sys.gettotalrefcount()
            for _ in range(100):
                once()
            gc.collect()
            more = sys.gettotalrefcount() - before
            if more < 50:
                break
        assert more < 50, (code, more)


def threads_do_not_disturb_each_other():
    failures = []
    barrier = threading.Barrier(6)
    ran = []

    def work():
        try:
            barrier.wait()
            for number in range(1500):
                point = ffi.new("point_t *", [number, 2])
                assert point.x == number and point[0].y == 2
                assert sum(ffi.new("int[]", list(range(10)))) == 45
                assert ffi.typeof("int[%d]" % (number % 50)).length == number % 50
                handle = ffi.new_handle(point)
                assert ffi.from_handle(handle) is point
                assert lib.sum_points([[1, 2]] * 3, 3) == 9
                ffi.gc(point, lambda value: None)
                assert ffi.init_once(lambda: ran.append(1), number % 7) is None
                ffi.errno = number
                lib.nothing()
                assert ffi.errno == number
        except BaseException as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    assert len(ran) == 7, ran


def errno_is_kept_apart():
    ffi.errno = 17
    assert lib.seterr(5) == 17
    open("/dev/null").close()
    assert ffi.errno == 5
    assert ffi.addressof(lib, "seterr")(0) == 5 and ffi.errno == 0


for check in (
    parts_keep_their_owner,
    records_are_copies,
    destructors_run_once,
    cycles_are_collected,
    nothing_is_lost,
    threads_do_not_disturb_each_other,
    errno_is_kept_apart,
):
    check()
