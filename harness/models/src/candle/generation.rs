//! One answer in the making.

use super::cache::SequenceCache;
use super::sampler::Sampler;
use super::tokenizer::ModelTokenizer;
use proctor_core::Finish;

/// Where an answer ends.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    /// Most tokens of the answer.
    pub new_tokens: usize,
    /// Most tokens of prompt and answer together.
    pub context: usize,
    /// Texts the answer ends before; none is empty.
    pub stops: Vec<String>,
}

/// A sequence being continued.
pub(super) struct Generation {
    tokens: Vec<u32>,
    prompt: usize,
    cache: SequenceCache,
    sampler: Sampler,
    bounds: Bounds,
    text: Vec<u8>,
    finish: Option<Finish>,
}

impl Generation {
    /// Starts after `prompt`, which must not be empty.
    pub fn new(prompt: Vec<u32>, cache: SequenceCache, sampler: Sampler, bounds: Bounds) -> Self {
        let finish = (bounds.new_tokens == 0 || prompt.len() >= bounds.context).then_some(Finish::Length);
        Self { prompt: prompt.len(), tokens: prompt, cache, sampler, bounds, text: Vec::new(), finish }
    }

    /// Tokens not yet fed to the network.
    pub fn pending(&self) -> usize {
        self.tokens.len() - self.cache.length()
    }

    /// The next `count` tokens to feed and the cache they go to.
    pub fn feed(&mut self, count: usize) -> (&mut SequenceCache, &[u32]) {
        let start = self.cache.length();
        (&mut self.cache, &self.tokens[start..start + count])
    }

    /// Takes the logits after the last token and extends the answer, or ends it.
    pub fn advance(&mut self, logits: &[f32], tokenizer: &ModelTokenizer) {
        let token = self.sampler.choose(logits);
        if tokenizer.is_end(token) {
            self.finish = Some(Finish::Stop);
            return;
        }
        self.tokens.push(token);
        let before = self.text.len();
        self.text.extend_from_slice(tokenizer.bytes(token));
        if let Some(end) = first_stop(&self.text, before, &self.bounds.stops) {
            self.text.truncate(end);
            self.finish = Some(Finish::Stop);
        } else if self.new_tokens() >= self.bounds.new_tokens || self.tokens.len() >= self.bounds.context {
            self.finish = Some(Finish::Length);
        }
    }

    /// Why the answer ended; `None` while it goes on.
    pub fn finish(&self) -> Option<&Finish> {
        self.finish.as_ref()
    }

    /// Tokens of the answer so far.
    pub fn new_tokens(&self) -> usize {
        self.tokens.len() - self.prompt
    }

    /// Tokens of the prompt.
    pub fn prompt_tokens(&self) -> usize {
        self.prompt
    }

    /// The answer's text; a character cut in two by the end is left out.
    pub fn text(&self) -> String {
        let mut bytes = self.text.as_slice();
        if let Some(last) = bytes.utf8_chunks().last()
            && !last.invalid().is_empty()
            && std::str::from_utf8(last.invalid()).is_err_and(|e| e.error_len().is_none())
        {
            bytes = &bytes[..bytes.len() - last.invalid().len()];
        }
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// Where the earliest stop text begins, given that none ended within the first `before` bytes.
fn first_stop(text: &[u8], before: usize, stops: &[String]) -> Option<usize> {
    let find = |stop: &String| {
        let stop = stop.as_bytes();
        let start = before.saturating_sub(stop.len().saturating_sub(1));
        text[start..].windows(stop.len()).position(|window| window == stop).map(|at| start + at)
    };
    stops.iter().filter(|s| !s.is_empty()).filter_map(find).min()
}

#[cfg(test)]
mod tests {
    use super::first_stop;

    #[test]
    fn stop_texts_are_found_across_tokens() {
        let stops = vec!["\ndef ".to_owned(), "né".to_owned()];
        let check = |text: &str, before: usize, expected: Option<usize>| {
            assert_eq!(first_stop(text.as_bytes(), before, &stops), expected, "{text:?} after {before}");
        };
        check("return 1\ndef f", 0, Some(8));
        check("return 1\ndef f", 12, Some(8));
        check("return 1\nde", 9, None);
        check("a\u{301}n\u{e9}", 4, Some(3));
        check("ab né\ndef ", 0, Some(3));
        check("", 0, None);
    }
}
