//! Plans that both hosts run. `LIBRARY` stands for the path of the DLL of `library.c`, `PYTHON` for
//! that of a libpython.

/// How a process is expected to end, so that two hosts that fail alike are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exit(i32),
    Signal(i32),
}

/// The normal end of a plan.
pub(crate) const NORMAL: End = End::Exit(embedcheck_plan::NORMAL_EXIT);

/// Name, steps, end.
pub(crate) type Case = (&'static str, &'static str, End);

/// Plans that need no DLL.
pub(crate) const PLAIN: &[Case] = &[
    ("empty", "", NORMAL),
    (
        "libraries",
        r#"
open m "libm.so.6" LAZY|LOCAL
open c "libc.so.6" NOW|GLOBAL
open me self NOW
resolve m cos
resolve m main
resolve default printf
resolve default no_such_function
resolve me printf
close me
promote "libm.so.6"
promote "libm.so.6" NOW|NOLOAD
promote "libnothing.so"
promote "libnothing.so" NOW|GLOBAL
open none "/no/such/file.so" NOW
open none "" NOW
open none "/etc/passwd" NOW
open none "libm.so.6" LOCAL
open none "libm.so.6" NOW|LAZY|NODELETE|DEEPBIND
resolve nobody printf
call nobody abs i(i) 1
hook nobody a b 1
python nobody finalize
close nobody
close m
close m
resolve m cos
open m "libm.so.6" NOW
resolve m sin
"#,
        NORMAL,
    ),
    (
        "namespaces",
        r#"
open a "libm.so.6" NOW newlm
open b "libz.so.1" NOW in=a
open c "libm.so.6" NOW in=default
open d "libm.so.6" NOW in=nobody
open e "libm.so.6" NOW|GLOBAL newlm
open f self NOW newlm
resolve a cos
resolve c cos
facts images symbols
close a
close c
"#,
        NORMAL,
    ),
    (
        "buffers",
        r#"
buffer b 48 0:i8=-1 2:i16=40000 4:i32=0x7fffffff 8:i64=0x8000000000000000 16:f32=0.1 24:f64=-1e-300
peek b 0:i8
peek b 2:i16
peek b 4:i32
peek b 8:i64
peek b 16:f32
peek b 24:f64
peek b 1:i64
peek b 32:f64
peek b 40:i64
peek b 41:i64
peek b 9223372036854775807:i8
peek nobody 0:i8
buffer b 8 0:f64=nan
peek b 0:f64
buffer b 8 0:f64=-inf
peek b 0:f64
buffer b 8 0:f64=-0
peek b 0:f64
buffer b 1 0:i8=300
peek b 0:i8
"#,
        NORMAL,
    ),
    (
        "process",
        r#"
setenv A "caf\xe9 \x01"
unsetenv A
unsetenv NEVER_SET
chdir "/no/such/folder"
chdir "/"
sleep 0
sleep 20
facts signals locale python prefix threads images symbols
"#,
        NORMAL,
    ),
    (
        "children",
        r#"
fork a
end
wait a
fork b
  exit 3
end
fork c
  exit 4 now
end
fork d
  fork e
    exit 5
  end
  wait e
  wait a
  wait b
end
wait d
wait c timeout=5000
wait b
wait b
wait nobody
fork slow
  sleep 60000
end
wait slow timeout=50
wait slow
"#,
        NORMAL,
    ),
    (
        "threads",
        r#"
threads
thread 3
  buffer own 8 0:i64=7
  peek own 0:i64
  fork mine
    facts threads
  end
  wait mine
thread 2 stack=262144
  setenv X "y"
thread 1
thread 1 stack=0
  threads
  thread 2
    sleep 1
  thread 1
    buffer deep 8 0:i64=8
  end
  peek deep 0:i64
end
peek own 0:i64
peek deep 0:i64
facts threads
"#,
        NORMAL,
    ),
    (
        "names of threads",
        r#"
buffer own 8 0:i64=6
threads
thread 1
  buffer own 8 0:i64=7
  sleep 100
  peek own 0:i64
thread 1
  sleep 50
  buffer own 8 0:i64=8
  sleep 100
  peek own 0:i64
thread 1
  sleep 150
  peek own 0:i64
end
peek own 0:i64
"#,
        NORMAL,
    ),
    (
        "threads that cannot be started",
        r#"
threads
thread 2
  sleep 1
thread 1 stack=1
  sleep 1
end
facts threads
"#,
        NORMAL,
    ),
    ("exit", "exit 9\nsleep 1", End::Exit(9)),
    ("exit now", "exit 9 now", End::Exit(9)),
    ("exit of a thread", "threads\nthread 1\nexit 8\nend\nsleep 1", End::Exit(8)),
    ("threads in a child", "fork a\nthreads\nthread 3\nsleep 1\nend\nend\nwait a", NORMAL),
    ("child of a thread", "threads\nthread 2\nfork a\nsleep 1\nend\nwait a\nend", NORMAL),
];

/// Plans with the DLL of `library.c`.
pub(crate) const LIBRARY: &[Case] = &[
    (
        "calls",
        r#"
open x "LIBRARY" NOW|LOCAL
call x add i(ii) 40 2
call x add i(ii) 2147483647 1
call x six l(ililil) -1 -2 -3 -4 -5 -6
call x mixed d(idldid) 1 2.0 3 4e0 5 6
call x nothing v()
call x same p(p) null
call x same p(p) 0x1234
call x same p(p) 0xffffffffffffffff
call x text s(s) null
call x text s(s) "caf\xe9 ü \t"
call x no_text s()
call x number d(i) 0
call x number d(i) 1
call x number d(i) 2
call x number d(i) 3
call x number d(i) 4
call x number d(i) 5
call x number d(i) 6
call x number d(i) 7
call x number d(i) 8
call x no_such_function i()
call x add i(pi) @nobody 1
call default add i(ii) 1 2
call x errno_before i()
call x errno_before i() errno=-7
call x errno_after i(i) 95
call x errno_after i(i) 0 errno=4
setenv NAME "value"
call x environment s(s) "NAME"
unsetenv NAME
call x environment s(s) "NAME"
close x
call x add i(ii) 1 2
"#,
        NORMAL,
    ),
    (
        "structures",
        r#"
open x "LIBRARY" NOW|LOCAL
buffer p 40 0:i8=5 2:i16=-1 4:i32=40 8:i64=7 16:f32=1 24:f64=0.5
call x move i(p) @p
peek p 0:i8
peek p 2:i16
peek p 4:i32
peek p 8:i64
peek p 16:f32
peek p 24:f64
call x same p(p) @p
"#,
        NORMAL,
    ),
    (
        "hook",
        r#"
open x "LIBRARY" NOW|LOCAL
hook x no_variable combine 1
hook x callback no_function 1
hook x callback combine -3
call x use_callback i(i) 7
hook x callback combine 4
threads
thread 3
  call x use_callback i(i) 9
end
fork a
  call x use_callback i(i) 5
end
wait a
"#,
        NORMAL,
    ),
    (
        "what the host leaves alone",
        r#"
open x "LIBRARY" NOW|LOCAL
call x blocked_signals i()
call x has_alternate_stack i()
call x lowest_free_descriptor i()
facts signals
threads
thread 2
  call x blocked_signals i()
  call x has_alternate_stack i()
thread 1 stack=131072
  call x stack_size l()
thread 1 stack=100000
  call x stack_size l()
thread 1
  call x stack_size l()
end
"#,
        NORMAL,
    ),
    (
        "pthread_exit",
        r#"
open x "LIBRARY" NOW|LOCAL
threads
thread 2
  call x leave_thread v()
  call x add i(ii) 1 2
thread 1
  call x add i(ii) 1 2
end
facts threads
"#,
        NORMAL,
    ),
    (
        "fork of the DLL",
        r#"
open x "LIBRARY" NOW|LOCAL
call x fork_here i()
call x add i(ii) 1 2
threads
thread 2
  call x fork_here i()
end
"#,
        NORMAL,
    ),
    (
        "exit handlers",
        "open x \"LIBRARY\" NOW|LOCAL\ncall x say_bye i()\nfork a\nexit 2\nend\nwait a",
        NORMAL,
    ),
    (
        "exit without handlers",
        "open x \"LIBRARY\" NOW\ncall x say_bye i()\nexit 5 now",
        End::Exit(5),
    ),
    ("crash", "open x \"LIBRARY\" NOW\ncall x crash v()\nsleep 1", End::Signal(11)),
    (
        "crash of a thread",
        "open x \"LIBRARY\" NOW\nthreads\nthread 1\ncall x crash v()\nend",
        End::Signal(11),
    ),
    ("crash of a child", "open x \"LIBRARY\" NOW\nfork a\ncall x crash v()\nend\nwait a", NORMAL),
    ("stack overflow", "open x \"LIBRARY\" NOW\ncall x overflow i(i) 0", End::Signal(11)),
    (
        "stack overflow of a thread",
        "open x \"LIBRARY\" NOW\nthreads\nthread 1\ncall x overflow i(i) 0\nend",
        End::Signal(11),
    ),
    ("broken pipe", "open x \"LIBRARY\" NOW\ncall x write_to_nobody i()", End::Signal(13)),
    (
        "own handles of threads",
        r#"
open keep "LIBRARY" NOW|LOCAL
threads
thread 3
  open own "LIBRARY" NOW|LOCAL
  call own add i(ii) 1 2
  close own
  call own add i(ii) 1 2
end
call own add i(ii) 1 2
open own "LIBRARY" NOW|LOCAL newlm
facts symbols images
close own
"#,
        NORMAL,
    ),
];

/// Plans with a libpython.
pub(crate) const PYTHON: &[Case] = &[
    // Until 3.6 there is no GIL before the first thread (CPython documentation, `PyEval_InitThreads`), and
    // `PyGILState_Ensure` in several threads at once makes it in a race.
    (
        "life of an interpreter",
        r#"
open py "PYTHON" NOW|GLOBAL
facts images symbols python prefix locale
python py release
python py restore-thread
python py initialize 1
facts python prefix signals locale
python py run "import sys; sys.stdout.write('hello\\n'); sys.stdout.flush()"
python py run "no python at all"
python py run "raise SystemError('caf\xc3\xa9')"
python py run "import threading; t = threading.Thread(target=int); t.start(); t.join()"
python py ensure
python py ensure
python py release
python py release
python py release
python py save-thread
threads
thread 3
  python py ensure
  python py ensure
  python py release
  python py run "import sys"
  python py release
  python py release
  facts python
end
fork child
  python py ensure
  python py run "import os"
end
wait child
python py restore-thread
python py run "import os; os._exit(5) if os.fork() == 0 else os.wait()"
python py finalize
facts python prefix symbols
resolve default Py_IsInitialized
close py
"#,
        NORMAL,
    ),
    (
        "two interpreters",
        r#"
open one "PYTHON" NOW|GLOBAL
open two "PYTHON" NOW newlm
python one initialize
python two initialize
python one save-thread
python two save-thread
python one restore-thread
python two restore-thread
facts images symbols python
exit 3 now
"#,
        End::Exit(3),
    ),
    (
        "exit from inside",
        "open py \"PYTHON\" NOW|GLOBAL\npython py initialize\npython py run \"import sys; sys.exit(6)\"",
        End::Exit(6),
    ),
];
