//! llama.cpp as a shared library, for comparison: `PROCTOR_LLAMA_CPP` names the folder with `libllama*.so`, such as
//! `bins/linux-x64` of the npm package `@node-llama-cpp/linux-x64`.
//!
//! Only what a measurement needs. Parameters are passed as its own defaults but for the fields found by their default
//! values, since the layout changes between versions.

#![allow(dead_code)]

use libloading::Library;
use std::error::Error;
use std::ffi::{CString, c_char, c_void};
use std::path::{Path, PathBuf};

/// Larger than any parameter structure; such structures are returned through a pointer and passed on the stack, where
/// the callee reads as much as it knows.
#[repr(C)]
#[derive(Clone, Copy)]
struct Parameters([u64; 64]);

#[repr(C)]
#[derive(Clone, Copy)]
struct Batch {
    count: i32,
    tokens: *mut i32,
    embeddings: *mut f32,
    positions: *mut i32,
    sequence_counts: *mut i32,
    sequences: *mut *mut i32,
    logits: *mut i8,
}

type Tokenize = unsafe extern "C" fn(*const c_void, *const c_char, i32, *mut i32, i32, bool, bool) -> i32;
type Decode = unsafe extern "C" fn(*mut c_void, Batch) -> i32;

/// How keys and values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// As the library chooses.
    Default,
    /// 32-bit floats, and plain attention.
    Full,
    /// 16-bit floats, and plain attention.
    Half,
}

/// A model with a context of its own.
pub struct LlamaCpp {
    decode: Decode,
    copy_sequence: unsafe extern "C" fn(*mut c_void, i32, i32, i32, i32),
    remove_sequence: unsafe extern "C" fn(*mut c_void, i32, i32, i32) -> bool,
    logits: unsafe extern "C" fn(*mut c_void, i32) -> *const f32,
    tokenize: Tokenize,
    context: *mut c_void,
    memory: *mut c_void,
    vocabulary: *const c_void,
    size: usize,
    _libraries: Vec<Library>,
}

unsafe extern "C" fn silent(_: i32, _: *const c_char, _: *mut c_void) {}

impl LlamaCpp {
    /// Loads the libraries of `folder` and `model`, with room for `sequences` of together `tokens` tokens.
    pub fn open(folder: &Path, model: &Path, threads: u32, sequences: u32, tokens: u32) -> Result<Self, Box<dyn Error>> {
        Self::open_with(folder, model, threads, sequences, tokens, Memory::Default)
    }

    /// [`Self::open`] with a choice of how keys and values are kept.
    pub fn open_with(
        folder: &Path,
        model: &Path,
        threads: u32,
        sequences: u32,
        tokens: u32,
        memory: Memory,
    ) -> Result<Self, Box<dyn Error>> {
        let mut names: Vec<PathBuf> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        names.sort();
        let find = |start: &str| {
            let matches = |path: &&PathBuf| {
                let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
                name.starts_with(start) && name.contains(".so") && !name[start.len()..].starts_with('-')
            };
            names.iter().find(matches).ok_or_else(|| format!("{} holds no {start}*.so", folder.display()))
        };
        // SAFETY: the user names the folder; what is loaded is llama.cpp, whose initialisers do nothing of their own.
        let load = |path: &PathBuf| unsafe {
            libloading::os::unix::Library::open(Some(path), libloading::os::unix::RTLD_NOW | libloading::os::unix::RTLD_GLOBAL)
                .map(Library::from)
        };
        let libraries = vec![load(find("libggml-base")?)?, load(find("libggml")?)?, load(find("libllama")?)?];
        let (ggml, llama) = (&libraries[1], &libraries[2]);
        let folder = CString::new(folder.to_string_lossy().as_bytes())?;
        let file = CString::new(model.to_string_lossy().as_bytes())?;
        // SAFETY: names and signatures are those of llama.h and ggml-backend.h; pointers live across the calls.
        unsafe {
            let log: libloading::Symbol<
                '_,
                unsafe extern "C" fn(unsafe extern "C" fn(i32, *const c_char, *mut c_void), *mut c_void),
            > = llama.get(b"llama_log_set")?;
            log(silent, std::ptr::null_mut());
            let backends: libloading::Symbol<'_, unsafe extern "C" fn(*const c_char)> =
                ggml.get(b"ggml_backend_load_all_from_path")?;
            backends(folder.as_ptr());
            llama.get::<unsafe extern "C" fn()>(b"llama_backend_init")?();
            let defaults = llama.get::<unsafe extern "C" fn() -> Parameters>(b"llama_model_default_params")?();
            let read =
                llama.get::<unsafe extern "C" fn(*const c_char, Parameters) -> *mut c_void>(b"llama_model_load_from_file")?;
            let model = read(file.as_ptr(), defaults);
            if model.is_null() {
                return Err("llama.cpp cannot load the model".into());
            }
            let mut parameters = llama.get::<unsafe extern "C" fn() -> Parameters>(b"llama_context_default_params")?();
            set_parameters(&mut parameters, threads, sequences, tokens, memory)?;
            let begin = llama.get::<unsafe extern "C" fn(*mut c_void, Parameters) -> *mut c_void>(b"llama_init_from_model")?;
            let context = begin(model, parameters);
            if context.is_null() {
                return Err("llama.cpp cannot make a context".into());
            }
            let memory = llama.get::<unsafe extern "C" fn(*mut c_void) -> *mut c_void>(b"llama_get_memory")?(context);
            let vocabulary = llama.get::<unsafe extern "C" fn(*mut c_void) -> *const c_void>(b"llama_model_get_vocab")?(model);
            let size = llama.get::<unsafe extern "C" fn(*const c_void) -> i32>(b"llama_vocab_n_tokens")?(vocabulary);
            Ok(Self {
                logits: *llama.get(b"llama_get_logits_ith")?,
                tokenize: *llama.get(b"llama_tokenize")?,
                vocabulary,
                size: size as usize,
                decode: *llama.get(b"llama_decode")?,
                copy_sequence: *llama.get(b"llama_memory_seq_cp")?,
                remove_sequence: *llama.get(b"llama_memory_seq_rm")?,
                context,
                memory,
                _libraries: libraries,
            })
        }
    }

    /// One step: `(token, position, sequence, whether logits are wanted)`.
    pub fn step(&mut self, tokens: &[(u32, usize, usize, bool)]) -> Result<(), Box<dyn Error>> {
        let mut ids: Vec<i32> = tokens.iter().map(|t| t.0 as i32).collect();
        let mut positions: Vec<i32> = tokens.iter().map(|t| t.1 as i32).collect();
        let mut sequences: Vec<i32> = tokens.iter().map(|t| t.2 as i32).collect();
        let mut logits: Vec<i8> = tokens.iter().map(|t| i8::from(t.3)).collect();
        let mut counts = vec![1i32; tokens.len()];
        let mut pointers: Vec<*mut i32> = sequences.iter_mut().map(std::ptr::from_mut).collect();
        let batch = Batch {
            count: tokens.len() as i32,
            tokens: ids.as_mut_ptr(),
            embeddings: std::ptr::null_mut(),
            positions: positions.as_mut_ptr(),
            sequence_counts: counts.as_mut_ptr(),
            sequences: pointers.as_mut_ptr(),
            logits: logits.as_mut_ptr(),
        };
        // SAFETY: every array is as long as the count says and lives across the call.
        match unsafe { (self.decode)(self.context, batch) } {
            0 => Ok(()),
            code => Err(format!("llama_decode failed with {code}").into()),
        }
    }

    /// The logits of the last step's token number `index`, which must have been wanted.
    pub fn logits(&self, index: usize) -> &[f32] {
        // SAFETY: the library returns as many floats as the vocabulary has tokens, and they live until the next step.
        unsafe { std::slice::from_raw_parts((self.logits)(self.context, index as i32), self.size) }
    }

    /// The tokens of a text, with what the file says is put before it, and with the names of special tokens read as
    /// those tokens.
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        let mut tokens = vec![0i32; text.len() + 16];
        // SAFETY: the vocabulary lives as long as the model; lengths are those of the slices.
        let count = unsafe {
            let room = tokens.len() as i32;
            (self.tokenize)(self.vocabulary, text.as_ptr().cast(), text.len() as i32, tokens.as_mut_ptr(), room, true, true)
        };
        tokens.truncate(usize::try_from(count).unwrap_or(0));
        tokens.into_iter().map(|token| token as u32).collect()
    }

    /// Makes `sequence` begin with all of sequence 0.
    pub fn share_first(&mut self, sequence: usize) {
        // SAFETY: the memory belongs to the context, which lives.
        unsafe { (self.copy_sequence)(self.memory, 0, sequence as i32, -1, -1) };
    }

    /// Forgets a sequence from a position on.
    pub fn forget(&mut self, sequence: usize, from: usize) {
        // SAFETY: as above.
        unsafe { (self.remove_sequence)(self.memory, sequence as i32, from as i32, -1) };
    }
}

/// Sets sizes and threads, and one memory for all sequences, which shares a common beginning.
fn set_parameters(
    parameters: &mut Parameters,
    threads: u32,
    sequences: u32,
    tokens: u32,
    memory: Memory,
) -> Result<(), Box<dyn Error>> {
    let bytes = parameters.0.as_mut_ptr().cast::<u8>();
    // SAFETY: the structure is 512 plain bytes.
    let bytes = unsafe { std::slice::from_raw_parts_mut(bytes, 512) };
    let word = |bytes: &[u8], index: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| bytes[index * 4 + i]));
    if (word(bytes, 0), word(bytes, 1), word(bytes, 2), word(bytes, 3)) != (512, 2048, 512, 1) {
        return Err("this version of llama.cpp has context parameters of an unknown layout".into());
    }
    let threads_at = (4..12).find(|index| word(bytes, *index) == 4 && word(bytes, index + 1) == 4);
    let flags = [0u8, 1, 1, 1, 1, 0];
    let flags_at = bytes.windows(6).position(|window| window == flags);
    let (Some(threads_at), Some(flags_at)) = (threads_at, flags_at) else {
        return Err("this version of llama.cpp has context parameters of an unknown layout".into());
    };
    for (index, value) in [(0, tokens), (1, 2048), (2, 512), (3, sequences), (threads_at, threads), (threads_at + 1, threads)] {
        bytes[index * 4..index * 4 + 4].copy_from_slice(&value.to_le_bytes());
    }
    bytes[flags_at + 5] = 1;
    if memory != Memory::Default {
        // Six and five words before the flags: the types of keys and values, 16-bit floats unless set. The last of
        // four settings that are chosen by the library: the kind of attention.
        let types_at = (flags_at / 4).checked_sub(6).filter(|at| word(bytes, *at) == 1 && word(bytes, at + 1) == 1);
        let chosen = (threads_at..threads_at + 8).find(|at| (0..4).all(|i| word(bytes, at + i) == u32::MAX));
        let (Some(types_at), Some(chosen)) = (types_at, chosen) else {
            return Err("this version of llama.cpp has context parameters of an unknown layout".into());
        };
        let kind = u32::from(memory == Memory::Half);
        for (index, value) in [(types_at, kind), (types_at + 1, kind), (chosen + 3, 0)] {
            bytes[index * 4..index * 4 + 4].copy_from_slice(&value.to_le_bytes());
        }
    }
    Ok(())
}
