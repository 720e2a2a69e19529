# Enters a guarded program in the small guest, which offers the host no better way in: as the text of `python -c`.
# Arguments: the program's file, the status that stands for success, and the semantics.
import ast
import builtins
import functools
import io
import operator
import os
import re
import shutil
import sys
import types

path, success, semantics = sys.argv[1:4]
success = int(success)
with open(path, encoding="utf-8") as file:
    source = file.read()
os.remove(path)
del sys.argv[1:]
sys.orig_argv = []


class Unreadable(io.StringIO):
    def read(self, *args, **kwargs):
        raise OSError

    readline = readlines = read

    def readable(self, *args, **kwargs):
        return False


layer = {"ast": ast, "builtins": builtins, "io": io, "os": os, "re": re, "sys": sys, "types": types}
if semantics == "official":
    with open("/tmp/compat.py", encoding="utf-8") as file:
        exec(compile(file.read(), "<proctor>", "exec"), layer)
    layer["compat_install"]()
code = compile(source, "<string>", "exec", dont_inherit=True)
stderr = sys.stderr
builtins.exit = builtins.quit = builtins.help = None
for name in GUARDED_OS:
    setattr(os, name, None)
shutil.rmtree = shutil.move = shutil.chown = None
for name in ("ipdb", "joblib", "resource", "psutil", "tkinter"):
    sys.modules[name] = None
for name in ("stdout", "stderr", "stdin"):
    setattr(sys, name, Unreadable())
leave = os._exit
try:
    exec(code, {"__builtins__": builtins.__dict__})
except BaseException as error:
    sys.stderr = stderr
    sys.__excepthook__(type(error), error, error.__traceback__.tb_next)
    stderr.flush()
    leave(1)
leave(success)
