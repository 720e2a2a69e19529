/// Numbers drawn for one version of one problem: the same seed words give the same numbers, everywhere and always.
pub struct Draw {
    state: u64,
}

impl Draw {
    /// Seeded by words, e.g. an id and a version.
    pub fn seeded(words: &str) -> Self {
        // FNV-1a.
        let state =
            words.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self { state }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low) + 1;
        low + (self.next() % width) as i64
    }

    /// A whole number whose size is from `low` to `high`, of either sign.
    pub fn signed(&mut self, low: i64, high: i64) -> i64 {
        let size = self.between(low, high);
        if self.coin() { size } else { -size }
    }

    /// Yes or no.
    pub fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    /// One of `items`; the first where there is a single one.
    pub fn pick<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let position = self.between(0, others.len() as i64) as usize;
        position.checked_sub(1).and_then(|position| others.get(position).copied()).unwrap_or(first)
    }

    /// `N` different whole numbers from `low` to `high`, in the order drawn. There must be that many.
    pub fn different<const N: usize>(&mut self, low: i64, high: i64) -> [i64; N] {
        let mut drawn = [low; N];
        for position in 0..N {
            loop {
                let candidate = self.between(low, high);
                if !drawn.iter().take(position).any(|earlier| *earlier == candidate) {
                    if let Some(place) = drawn.get_mut(position) {
                        *place = candidate;
                    }
                    break;
                }
            }
        }
        drawn
    }

    /// The same, in rising order.
    pub fn rising<const N: usize>(&mut self, low: i64, high: i64) -> [i64; N] {
        let mut drawn = self.different(low, high);
        drawn.sort_unstable();
        drawn
    }
}
