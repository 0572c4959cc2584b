# Letters as they are: ÿ ሴ ﻜ 😀. The frozen code is UTF-8, whatever the locale is.
from _unicode_cffi import ffi

NAME = "ÿሴﻜ😀"
SLASH = "\\ \" \x01 \t '"
ñandú = [ffi.new("char[]", text.encode()) for text in (NAME, SLASH)]


@ffi.def_extern()
def u_text(which):
    return ñandú[which]


@ffi.def_extern()
def u_length(text):
    return len(ffi.string(text).decode())

