//! How a bad scan changes a text.

use super::dice::Dice;

/// Shapes that scanners take for each other.
const LOOKALIKES: [(char, &[char]); 26] = [
    ('a', &['o', 'e']),
    ('b', &['h', '6']),
    ('c', &['e', 'o']),
    ('d', &['a', 'o']),
    ('e', &['c', 'o']),
    ('f', &['t']),
    ('g', &['q', '9']),
    ('h', &['b', 'n']),
    ('i', &['l', '1']),
    ('k', &['h']),
    ('l', &['1', 'i']),
    ('m', &['n']),
    ('n', &['r', 'u']),
    ('o', &['0', 'c']),
    ('p', &['n']),
    ('q', &['g']),
    ('r', &['n']),
    ('s', &['5']),
    ('t', &['f']),
    ('u', &['v']),
    ('v', &['y']),
    ('w', &['v']),
    ('y', &['v']),
    ('O', &['0', 'Q']),
    ('S', &['5']),
    ('I', &['l', '1']),
];
/// What specks are taken for.
const SPECKS: [char; 10] = ['.', ',', '\'', '`', 'i', 'l', 'r', 'n', 'p', '-'];
/// No text gets more errors than this, in thousandths of its characters (spec section 2).
pub const MOST_ERRORS: i64 = 100;

/// The text as if badly scanned: with so many thousandths of its letters, digits and blanks changed, at most
/// [`MOST_ERRORS`]. Of the changes six in ten are look-alikes, two letters lost, two specks read as characters. Line ends
/// stay. The same seed gives the same noise.
///
/// Figures are spared, so that a filing stays answerable: a digit that was read wrong would change the answer and not
/// only the reading of it.
pub fn corrupt(text: &str, thousandths: i64, seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let rate = thousandths.clamp(0, MOST_ERRORS);
    let mut noisy = String::with_capacity(text.len() + text.len() / 20);
    for letter in text.chars() {
        if !(letter.is_ascii_alphabetic() || letter == ' ') || !dice.happens(rate) {
            noisy.push(letter);
            continue;
        }
        match dice.between(0, 9) {
            0..=5 => match LOOKALIKES.iter().find(|(known, _)| *known == letter) {
                Some((_, shapes)) => noisy.extend(dice.one(shapes)),
                None => noisy.extend(dice.one(&SPECKS)),
            },
            6..=7 => {}
            _ => {
                noisy.push(letter);
                noisy.extend(dice.one(&SPECKS));
            }
        }
    }
    noisy
}
