def report(to):
    import os, sys
    lines = [("prefix", sys.prefix), ("executable", sys.executable)]
    lines += [("path", entry) for entry in sys.path]
    backend = sys.modules.get("_cffi_backend")
    if backend is not None:
        lines.append(("backend", getattr(backend, "__file__", None) or ""))
        lines.append(("version", getattr(backend, "__version__", "")))
    text = "".join("%s %s\n" % (key, str(value).replace("\n", "\\n")) for key, value in lines)
    if not isinstance(text, bytes):
        text = text.encode("utf-8", "surrogateescape")
    file = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, text)
    finally:
        os.close(file)
