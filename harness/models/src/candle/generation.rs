//! One answer in the making.

use super::cpu::Cpu;
use super::sampler::{Sampler, most_probable};
use super::scoring::{log_total, logprob};
use super::tokenizer::ModelTokenizer;
use proctor_core::{Finish, TokenLogprob};

/// Where an answer ends, and what is told of its tokens.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    /// Most tokens of the answer.
    pub new_tokens: usize,
    /// Most tokens of prompt and answer together.
    pub context: usize,
    /// Texts the answer ends before; none is empty.
    pub stops: Vec<String>,
    /// How many of the most probable tokens are told at every place; `None` tells no probabilities at all.
    pub logprobs: Option<usize>,
}

/// An answer being continued.
pub(super) struct Generation {
    prompt: usize,
    sampler: Sampler,
    bounds: Bounds,
    text: Vec<u8>,
    /// Bytes of text after each token of the answer.
    ends: Vec<usize>,
    logprobs: Vec<TokenLogprob>,
    finish: Option<Finish>,
}

impl Generation {
    /// Starts after a prompt of `prompt` tokens, which is not empty.
    pub fn new(prompt: usize, sampler: Sampler, bounds: Bounds) -> Self {
        let finish = (bounds.new_tokens == 0 || prompt >= bounds.context).then_some(Finish::Length);
        Self { prompt, sampler, bounds, text: Vec::new(), ends: Vec::new(), logprobs: Vec::new(), finish }
    }

    /// Takes the logits after the last of `tokens` and adds the next one, or ends the answer.
    pub fn advance(&mut self, cpu: Cpu, tokens: &mut Vec<u32>, logits: &[f32], tokenizer: &ModelTokenizer) {
        let token = self.sampler.choose(logits, tokens);
        if tokenizer.is_end(token) {
            self.finish = Some(Finish::Stop);
            return;
        }
        if let Some(top) = self.bounds.logprobs {
            let total = log_total(cpu, logits);
            let told = |id: u32| (tokenizer.decode(&[id]), logprob(logits, id as usize, total));
            let (token, logprob) = told(token);
            let top = most_probable(logits, top).into_iter().map(told).collect();
            self.logprobs.push(TokenLogprob { token, logprob, top });
        }
        tokens.push(token);
        let before = self.text.len();
        self.text.extend_from_slice(tokenizer.bytes(token));
        self.ends.push(self.text.len());
        if let Some(end) = first_stop(&self.text, before, &self.bounds.stops) {
            self.text.truncate(end);
            self.finish = Some(Finish::Stop);
        } else if self.ends.len() >= self.bounds.new_tokens || tokens.len() >= self.bounds.context {
            self.finish = Some(Finish::Length);
        }
    }

    /// Why the answer ended; `None` while it goes on.
    pub fn finish(&self) -> Option<&Finish> {
        self.finish.as_ref()
    }

    /// Tokens of the answer so far.
    pub fn new_tokens(&self) -> usize {
        self.ends.len()
    }

    /// Tokens of the prompt.
    pub fn prompt_tokens(&self) -> usize {
        self.prompt
    }

    /// The probabilities of the tokens that the text begins in, where they were asked for.
    pub fn logprobs(&mut self) -> Option<Vec<TokenLogprob>> {
        self.bounds.logprobs?;
        let kept = self.text.len();
        let mut start = 0;
        let mut count = 0;
        for end in &self.ends {
            if start >= kept && *end > kept {
                break;
            }
            count += 1;
            start = *end;
        }
        self.logprobs.truncate(count);
        Some(std::mem::take(&mut self.logprobs))
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
