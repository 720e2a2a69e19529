# Enters a guarded program in the small guest, which offers the host no better way in: as the text of `python -c`.
# Arguments: the program's file, the status that stands for success, and the semantics.
import ast
import builtins
import functools
import io
import opcode
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


modules = (ast, builtins, functools, io, opcode, operator, os, re, sys, types)
layer = {module.__name__: module for module in modules}
if semantics == "official":
    with open("/tmp/compat.py", encoding="utf-8") as file:
        exec(compile(file.read(), "<proctor>", "exec"), layer)
    layer["compat_install"]()
stderr = sys.stderr
try:
    code = compile(source, "<string>", "exec", dont_inherit=True)
except BaseException as error:
    sys.__excepthook__(type(error), error, None)
    stderr.flush()
    os._exit(success + 1)
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
