# Run once, as the first thing a guest does, when an image is made; MODULES and GUARDED_OS are set above.
import gc
import importlib
import sys
import types

sys.path.append("/usr/local/lib/site")
sys.dont_write_bytecode = True
# Hashes of numbers are those of a 64-bit build; what computes equal ones in Python must do so alike.
wide = {name: getattr(sys.hash_info, name) for name in dir(sys.hash_info) if not name.startswith(("_", "n_", "count", "index"))}
sys.hash_info = types.SimpleNamespace(**{**wide, "width": 64, "modulus": (1 << 61) - 1})
# What the guest's makers hashed before the hashes were changed is hashed again. Tuples remember theirs, so they are
# made anew. Frozen objects are not listed, so they are thawed first.
gc.unfreeze()
for table in [o for o in gc.get_objects() if type(o) is dict and any(type(k) in (tuple, float) for k in o)]:
    fresh = {tuple([*key]) if type(key) is tuple else key: value for key, value in table.items()}
    table.clear()
    table.update(fresh)
driver = types.ModuleType("_proctor")
driver.GUARDED_OS = GUARDED_OS
for name in ("/driver.py", "/compat.py", "/library.py"):
    with open(name, encoding="utf-8") as file:
        exec(compile(file.read(), "<proctor" + name + ">", "exec"), driver.__dict__)
for name in MODULES.split():
    importlib.import_module(name)
# Found once with the functions a guarded program does not have.
sys.modules["tempfile"].gettempdir()
whole = types.SimpleNamespace(**vars(sys.modules["os"]))
path = sys.modules["posixpath"]
whole.path = types.SimpleNamespace(**{**vars(path), "abspath": lambda name: path.normpath(path.join("/program", name))})
sys.modules["pdb"].os = sys.modules["tempfile"]._os = whole
# Both ways of entering a program are taken once, so that what they fill lazily is filled.
driver.warm_up()
sys._proctor = driver
driver.time.tzset = driver.tzset
gc.collect()
gc.freeze()
print(id(driver.prepare), id(driver.finish), id(driver.failed_to_compile), id(None), driver.zone_cell.buffer_info()[0])
sys.stdout.flush()
