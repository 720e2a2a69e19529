//! The generator upstream draws its places from: Mersenne Twister 19937 (Matsumoto and Nishimura 1998), seeded with
//! 123 as Python seeds it.

const SIZE: usize = 624;
const SHIFT: usize = 397;

/// The generator's state.
pub(crate) struct Twister {
    state: [u32; SIZE],
    at: usize,
}

impl Twister {
    /// The generator in the state it has after seeding with this number.
    pub(crate) fn seeded(seed: u32) -> Self {
        let mut state = [0u32; SIZE];
        let mut previous = 19_650_218u32;
        for (index, word) in state.iter_mut().enumerate() {
            if index > 0 {
                previous = 1_812_433_253u32
                    .wrapping_mul(previous ^ (previous >> 30))
                    .wrapping_add(u32::try_from(index).unwrap_or_default());
            }
            *word = previous;
        }
        let mut twister = Self { state, at: SIZE };
        twister.stir(seed);
        twister
    }

    fn word(&self, index: usize) -> u32 {
        self.state.get(index).copied().unwrap_or_default()
    }

    fn set(&mut self, index: usize, word: u32) {
        if let Some(slot) = self.state.get_mut(index) {
            *slot = word;
        }
    }

    /// Mixes a key of one word into the state.
    fn stir(&mut self, key: u32) {
        let mut at = 1;
        for _ in 0..SIZE {
            let before = self.word(at - 1);
            let mixed = (before ^ (before >> 30)).wrapping_mul(1_664_525);
            self.set(at, (self.word(at) ^ mixed).wrapping_add(key));
            at = self.next_index(at);
        }
        for _ in 1..SIZE {
            let before = self.word(at - 1);
            let mixed = (before ^ (before >> 30)).wrapping_mul(1_566_083_941);
            self.set(at, (self.word(at) ^ mixed).wrapping_sub(u32::try_from(at).unwrap_or_default()));
            at = self.next_index(at);
        }
        self.set(0, 0x8000_0000);
    }

    fn next_index(&mut self, at: usize) -> usize {
        if at + 1 < SIZE {
            return at + 1;
        }
        self.set(0, self.word(SIZE - 1));
        1
    }

    fn refill(&mut self) {
        for index in 0..SIZE {
            let joined = (self.word(index) & 0x8000_0000) | (self.word((index + 1) % SIZE) & 0x7fff_ffff);
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.set(index, self.word((index + SHIFT) % SIZE) ^ (joined >> 1) ^ twist);
        }
        self.at = 0;
    }

    /// The next 32 bits.
    fn next(&mut self) -> u32 {
        if self.at >= SIZE {
            self.refill();
        }
        let mut word = self.word(self.at);
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A number from 0 to 1, exclusive, with 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        let high = f64::from(self.next() >> 5);
        let low = f64::from(self.next() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// An index below `count`, as a choice among so many draws it.
    pub(crate) fn index(&mut self, count: u32) -> u32 {
        let bits = 32 - count.leading_zeros();
        if bits == 0 {
            return 0;
        }
        for _ in 0..128 {
            let drawn = self.next() >> (32 - bits);
            if drawn < count {
                return drawn;
            }
        }
        0
    }
}
