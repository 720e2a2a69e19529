//! The 144 games against their definition and, where the file is at hand, against `topology.csv`.

use super::support;

use proctor_tmgbench::{Cell, Cells, Game, GameId, Player};
use std::collections::{BTreeMap, HashMap};

#[test]
fn counts_of_equilibria() {
    let mut classes = [0; 3];
    let mut by_layer: BTreeMap<(u8, String), usize> = BTreeMap::new();
    for game in GameId::all() {
        classes[game.gold().len()] += 1;
        *by_layer.entry((game.layer(), game.gold().codes())).or_default() += 1;
    }
    assert_eq!(classes, [18, 108, 18]);
    let expected = [
        (1, "1", 9),
        (1, "14", 9),
        (1, "3", 9),
        (1, "4", 9),
        (2, "", 9),
        (2, "1", 18),
        (2, "3", 9),
        (3, "2", 27),
        (3, "23", 9),
        (4, "", 9),
        (4, "3", 9),
        (4, "4", 18),
    ];
    let found: Vec<(u8, &str, usize)> = by_layer.iter().map(|((layer, codes), count)| (*layer, codes.as_str(), *count)).collect();
    assert_eq!(found, expected);
}

#[test]
fn sisters_are_reflections() {
    let mut pairs = std::collections::BTreeSet::new();
    for game in GameId::all() {
        assert_eq!(game.sister().sister(), game);
        assert_eq!(game.sister().game(), game.game().sister(), "{game}");
        assert_eq!(game.sister().gold(), game.gold().map(Cell::reflected), "{game}");
        let ((row, column), sister) = (game.grid(), game.sister().grid());
        assert_eq!(sister, (13 - column, 13 - row), "{game}");
        pairs.insert(game.pair());
    }
    assert_eq!(pairs.len(), 78);
    assert_eq!(GameId::all().filter(|game| game.is_symmetric()).count(), 12);
}

fn permutations() -> Vec<[u8; 4]> {
    let mut all = Vec::new();
    for code in 0..256u32 {
        let ranks = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3].map(|rank| rank as u8 + 1);
        if (1..=4).all(|rank| ranks.contains(&rank)) {
            all.push(ranks);
        }
    }
    all
}

#[test]
fn every_strictly_ordinal_game_has_one_type() {
    let mut found: HashMap<GameId, usize> = HashMap::new();
    for a in permutations() {
        for b in permutations() {
            let game = Game { a, b };
            let (id, rows, columns) = GameId::of(&game).expect("a strictly ordinal game has a type");
            assert_eq!(id.game().relabelled(rows, columns), game);
            *found.entry(id).or_default() += 1;
        }
    }
    assert_eq!(found.len(), 144);
    assert!(found.values().all(|count| *count == 4));
    assert_eq!(GameId::of(&Game { a: [1, 1, 2, 3], b: [1, 2, 3, 4] }), None);
}

#[test]
fn ids() {
    for (text, valid) in [
        ("111", true),
        ("466", true),
        ("011", false),
        ("511", false),
        ("170", false),
        ("1111", false),
        ("", false),
        ("1é", false),
    ] {
        assert_eq!(GameId::parse(text).is_some(), valid, "{text}");
    }
    assert_eq!(GameId::all().map(|game| game.index()).collect::<Vec<_>>(), (0..144).collect::<Vec<_>>());
    assert!(GameId::all().all(|game| GameId::parse(&game.to_string()) == Some(game)));
}

/// Layers 1 and 2 below 4 and 3, the counts of equilibria in blocks of 3x3 games as upstream's figure has them.
#[test]
fn blocks_of_the_grid() {
    let mut blocks: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for game in GameId::all() {
        let (row, column) = game.grid();
        blocks.entry(((row - 1) / 3, (column - 1) / 3)).or_default().push(game.gold().len());
    }
    let counts: Vec<usize> = blocks.values().map(|block| block[0]).collect();
    assert_eq!(counts, [1, 0, 1, 2, 1, 1, 1, 1, 1, 2, 1, 0, 1, 1, 1, 1]);
    assert!(blocks.values().all(|block| block.len() == 9 && block.iter().all(|count| *count == block[0])));
}

#[test]
fn generated_table_equals_the_file() {
    let Some(text) = support::shared_text("topology.csv") else { return };
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a heading").split(',').collect();
    let mut seen = 0;
    for line in lines {
        let row: HashMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
        let game = GameId::parse(row["rg_id"]).expect("an id");
        assert_eq!(describe(game, &names), line);
        seen += 1;
    }
    assert_eq!(seen, 144);
}

/// A row of the table, from the games alone.
fn describe(id: GameId, names: &[&str]) -> String {
    let game = id.game();
    let flag = |flag: bool| u8::from(flag).to_string();
    let dominant = |player: Player| game.dominant(player).map_or(String::new(), |choice| format!("{}{choice}", player.letter()));
    let cell_name = |cell: Cell| format!("A{}B{}", cell.row() + 1, cell.column() + 1);
    let cells: Vec<String> = game.equilibria().iter().map(cell_name).collect();
    let value = |name: &str| match name {
        "layer" => id.layer().to_string(),
        "row" => id.row().to_string(),
        "col" => id.column().to_string(),
        "rg_id" => id.to_string(),
        "pure_ne" => cells.join(";"),
        "ne_outcomes" => game.equilibria().codes(),
        "n_ne" => game.equilibria().len().to_string(),
        "symmetric" => flag(id.is_symmetric()),
        "dominant_a" => dominant(Player::A),
        "dominant_b" => dominant(Player::B),
        "sister_id" => id.sister().to_string(),
        "sd_region" => id.region().map_or("", |region| region.as_str()).to_owned(),
        "ne_pareto_inferior" => flag(id.is_equilibrium_inferior()),
        "constant_sum" => flag(id.is_constant_sum()),
        "win_win" => flag(id.is_win_win()),
        "grid_row" => id.grid().0.to_string(),
        "grid_col" => id.grid().1.to_string(),
        "name" => id.name().unwrap_or_default().to_owned(),
        payoff => {
            let (payoffs, place) = (if payoff.starts_with('a') { game.a } else { game.b }, &payoff[1..]);
            let place = ["11", "12", "21", "22"].iter().position(|other| *other == place).expect("a known column");
            payoffs[place].to_string()
        }
    };
    names.iter().map(|name| value(name)).collect::<Vec<_>>().join(",")
}

#[test]
fn sets_of_outcomes() {
    assert_eq!(Cells::every().count(), 16);
    for cells in Cells::every() {
        assert_eq!(Cells::of_codes(&cells.codes()), Some(cells));
        assert_eq!(proctor_tmgbench::parse_list(&cells.to_string()), Some(cells));
    }
    for wrong in ["5", "0", "1,2", "12 ", "é"] {
        assert_eq!(Cells::of_codes(wrong), None, "{wrong}");
    }
}
