//! CPython's C interface, called from the host.

use crate::SandboxError;
use crate::instance::{Ending, Running};

/// CPython's own C functions that the host calls; the guest does not export them, so they are exported for it.
pub(crate) const FUNCTIONS: &[&str] = &[
    "PyEval_EvalCode",
    "PyErr_Clear",
    "PyErr_GetRaisedException",
    "PyObject_CallNoArgs",
    "PyObject_CallOneArg",
    "PyThreadState_Get",
    "PyUnicode_AsUTF8AndSize",
    "PyUnicode_FromStringAndSize",
    "PyUnstable_ThreadState_SetStackProtection",
];

/// Where a type's name stands in its object, after count, type and size (32-bit pointers).
const TYPE_NAME: usize = 12;
/// Where an object's type stands.
const OBJECT_TYPE: usize = 4;
/// Longest text that is read from a guest.
const MAX_TEXT: usize = 64 << 10;

/// The address of an object in the guest; 0 is C's NULL.
pub(super) type Object = u32;

/// Copies text into the guest and makes a `str` of it; 0 when the guest has no memory for it.
pub(super) fn new_text(guest: &mut Running, text: &str) -> Result<Ending<Object>, SandboxError> {
    let Ok(len) = u32::try_from(text.len()) else { return Ok(Ending::Returned(0)) };
    let at = match guest.call::<u32, u32>("host_alloc", len)? {
        Ending::Returned(at) => at,
        other => return Ok(other),
    };
    if at == 0 {
        return Ok(Ending::Returned(0));
    }
    guest.put(at, text.as_bytes())?;
    guest.call("PyUnicode_FromStringAndSize", (at, len))
}

/// Calls a Python function of one argument.
pub(super) fn call(guest: &mut Running, function: Object, argument: Object) -> Result<Ending<Object>, SandboxError> {
    guest.call("PyObject_CallOneArg", (function, argument))
}

/// The text of a `str`, cut to a bound; `None` when it is none.
pub(super) fn text(guest: &mut Running, object: Object) -> Result<Option<String>, SandboxError> {
    let Ending::Returned(scratch) = guest.call::<u32, u32>("host_alloc", 8)? else { return Ok(None) };
    if object == 0 || scratch == 0 {
        return Ok(None);
    }
    let Ending::Returned(at) = guest.call::<(u32, u32), u32>("PyUnicode_AsUTF8AndSize", (object, scratch))? else {
        return Ok(None);
    };
    if at == 0 {
        guest.call::<(), ()>("PyErr_Clear", ())?;
        return Ok(None);
    }
    let memory = guest.memory();
    let Some(len) = word(memory, scratch as usize) else { return Ok(None) };
    let at = at as usize;
    let bytes = memory.get(at..at.saturating_add((len as usize).min(MAX_TEXT)));
    Ok(bytes.map(|b| String::from_utf8_lossy(b).into_owned()))
}

/// The name of an object's type, as C has it; read by the host, so that no Python code can change it.
pub(super) fn type_name(guest: &Running, object: Object) -> Option<String> {
    let memory = guest.memory();
    let kind = word(memory, object as usize + OBJECT_TYPE)? as usize;
    let name = word(memory, kind.checked_add(TYPE_NAME)?)? as usize;
    let bytes = memory.get(name..)?;
    let end = bytes.iter().take(256).position(|b| *b == 0)?;
    let name = String::from_utf8_lossy(&bytes[..end]);
    Some(name.rsplit('.').next().unwrap_or(&name).to_string())
}

fn word(memory: &[u8], at: usize) -> Option<u32> {
    let bytes = memory.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}
