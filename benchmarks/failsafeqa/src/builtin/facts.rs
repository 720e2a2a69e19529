//! Everything that the texts about a made-up company say beyond its accounts.

use super::dice::Dice;
use super::figures::{Figures, spread};
use super::people::{officers_and_directors, places};
use super::source::{Company, Profile};
use serde_json::{Map, Value, json};

const BANKS: [&str; 5] =
    ["Harbor National Bank", "First Trust of Ellery", "Commonwealth Bank", "Granite Bank", "Prairie State Bank"];
const COURTS: [&str; 4] = [
    "the federal district court for the northern district",
    "a state court in the county of its head office",
    "the federal district court for the western district",
    "a state court in Texas",
];
const CLAIMS: [&str; 4] = [
    "that deliveries over three years did not meet the agreed specification",
    "that the Company ended a distribution agreement without cause",
    "that the Company used confidential drawings that were shown to it during negotiations",
    "that the Company charged more than its agreement allowed",
];
const PLAINTIFFS: [&str; 6] = [
    "Overbrook Contracting",
    "Saddler Distribution",
    "Merrow Engineering",
    "Fallowfield Partners",
    "Quayside Supply",
    "Dorset Mills",
];
const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const TAX_DOWN: [&str; 2] = [
    "a larger share of income was earned abroad at lower rates and credits for research were higher",
    "a reserve for uncertain positions was released after an audit and state taxes were lower",
];
const TAX_UP: [&str; 2] = [
    "a valuation allowance was set up for losses of a foreign subsidiary and a credit for research expired",
    "a smaller share of income was earned abroad at lower rates and part of the acquisition costs could not be deducted",
];

/// The segments as the texts use them.
pub fn segments(profile: &Profile, figures: &Figures, employees: &[i64; 4], dice: &mut Dice) -> Vec<Value> {
    let mut list = Vec::new();
    for ((text, segment), employed) in profile.segments.iter().zip(&figures.segments).zip(employees) {
        let mut map = text.clone();
        let more = json!({
            "sales": segment.sales, "income": segment.income, "lines": segment.lines, "mix": segment.mix,
            "employees": employed, "returns": tenths(dice.between(4, 28)), "sellers": dice.between(14, 90),
            "agents": dice.between(4, 36), "assets": dice.part(segment.sales[0], 520, 760),
            "capex": dice.part(segment.sales[0], 28, 50), "depreciation": dice.part(segment.sales[0], 24, 38),
        });
        if let Value::Object(more) = more {
            map.extend(more);
        }
        list.push(Value::Object(map));
    }
    list
}

/// All other facts.
pub fn facts(company: &Company, profile: &Profile, figures: &Figures, staff: &Staff, dice: &mut Dice) -> Map<String, Value> {
    let year = company.year;
    let account = |name: &str, at: usize| figures.accounts[name][at].as_i64().unwrap_or(0);
    let sales = account("sales", 0);
    let (officers, directors) = officers_and_directors(year, dice);
    let places = places(10, dice);
    let mut x = Map::new();
    let mut put = |value: Value| {
        if let Value::Object(map) = value {
            x.extend(map);
        }
    };
    put(json!({"officers": officers, "directors": directors, "sites": sites(company, profile, &places, dice)}));

    // Customers, orders, people.
    let largest = dice.between(124, 189);
    let moved = dice.between(3, 17) * if dice.happens(500) { 1 } else { -1 };
    let backlog = dice.part(sales, 120, 310);
    let materials = dice.between(21, 38);
    put(json!({
        "customer": [tenths(largest), tenths(largest + moved)], "customer_segment": dice.between(0, 1),
        "customer_owed": dice.between(12, 19), "ten_largest": dice.between(33, 52),
        "backlog": [backlog, dice.part(backlog, 820, 1130)], "backlog_share": dice.between(62, 94),
        "material_share": materials, "safety_weeks": dice.between(5, 11), "researchers": dice.part(staff.total, 20, 60),
        "patents": dice.between(24, 140), "trademarks": dice.between(18, 75), "environment_cost": dice.part(sales, 3, 7),
        "employees": staff.total, "union": staff.union, "part_time": dice.part(staff.total, 40, 110),
        "strike_years": dice.between(9, 24), "admin": staff.admin, "holders": dice.between(14, 62) * 100 + dice.between(1, 99),
    }));

    // Debt.
    let debt = figures.debt[0];
    let notes = debt * dice.between(420, 580) / 1000 / 500 * 500;
    let drawn = debt - notes;
    let size = (drawn * 22 / 10 / 5000 + 1) * 5000;
    let note_rate = dice.between(465, 615);
    let due = year + dice.between(5, 9);
    put(json!({
        "facility": {
            "size": size, "drawn": drawn, "letters": dice.part(size, 18, 60), "bank": dice.one(&BANKS), "month": dice.one(&MONTHS),
            "matures": year + dice.between(2, 4), "margin": hundredths(dice.between(5, 9) * 25), "fee": hundredths(dice.between(4, 8) * 5),
            "limit": "3.50", "ratio": hundredths(debt * 100 / figures.ebitda.max(1)),
        },
        "notes": {
            "amount": notes, "rate": hundredths(note_rate), "due": due, "fair": dice.part(notes, 965, 1042),
            "coverage": "2.50",
        },
        "obligations": {
            "interest": notes * note_rate / 10_000 * (due - year), "rent": dice.part(sales, 24, 48), "purchases": dice.part(sales, 18, 40),
        },
        "interest_paid": account("interest", 0) - dice.part(account("interest", 0), 5, 30),
        "rate_effect": drawn / 100, "currency_effect": dice.part(sales, 2, 5), "planned_capex": planned(account("capex", 0), dice),
        "material_effect": account("cost", 0) * materials / 100 / 18, "project": profile.project,
    }));

    // Acquisition, restructuring, lawsuits.
    let [price, goodwill, intangibles, property] = figures.acquisition;
    // Within the fiscal year, which is named after the year it ends in.
    let months = if company.year_end.starts_with("January") { &MONTHS[..1] } else { &MONTHS[1..4] };
    let month = dice.one(months);
    let charge = account("restructuring", 0);
    let severance = dice.part(charge, 520, 690);
    let claimed = dice.part(sales, 14, 38);
    put(json!({
        "acquisition_month": month, "acquisition_year": year, "acquisition_city": places[8], "acquired_sales": dice.part(sales, 11, 29),
        "acquisition": {
            "price": price, "goodwill": goodwill, "intangibles": intangibles, "property": property, "segment": dice.between(0, 3),
            "deductible": dice.happens(500), "pro_forma": dice.part(sales, 38, 70), "costs": dice.part(price, 9, 21),
        },
        "restructuring": {
            "quarter": if dice.happens(500) { "second" } else { "third" }, "site": profile.closed, "city": places[9],
            "positions": dice.part(staff.total, 18, 52), "severance": severance, "other": charge - severance,
            "savings": dice.part(charge, 480, 880), "paid": severance / 2, "remaining": charge - severance / 2,
        },
        "matter": {
            "plaintiff": dice.one(&PLAINTIFFS), "court": dice.one(&COURTS), "month": dice.one(&MONTHS), "claim": dice.one(&CLAIMS),
            "claimed": claimed, "accrued": dice.part(claimed, 90, 260),
        },
        "environment": {
            "parties": dice.between(9, 64), "site": format!("landfill near {}", dice.one(&places).copied().unwrap_or_default()),
            "share": tenths(dice.between(9, 74)), "accrued": dice.part(sales, 1, 4), "years": dice.between(6, 20),
        },
        "tax_rate": figures.tax_rate.map(|rate| rate as f64 / 10.0), "tax_reason_down": dice.one(&TAX_DOWN),
        "tax_reason_up": dice.one(&TAX_UP),
    }));
    put(movers(profile, figures));
    put(json!({"quarters": quarters(figures, dice), "selected": selected(figures)}));
    put(balances(figures, dice));
    x
}

/// How many people a company employs.
#[derive(Debug, Clone, Copy)]
pub struct Staff {
    /// All.
    pub total: i64,
    /// In central functions.
    pub admin: i64,
    /// Covered by collective agreements.
    pub union: i64,
}

fn sites(company: &Company, profile: &Profile, places: &[&str], dice: &mut Dice) -> Vec<Value> {
    let home = format!("{}, {}", company.city, company.state);
    let cities = std::iter::once(home.as_str()).chain(places.iter().copied());
    let mut sites = Vec::new();
    for (place, (usage, city)) in profile.sites.iter().zip(cities).enumerate() {
        let owned = place == 0 || dice.happens(450);
        let feet = if place == 0 { dice.between(288, 460) } else { dice.between(24, 210) } * 1000 + dice.between(1, 9) * 100;
        let serves = profile.segments.get(dice.between(0, 3) as usize).and_then(|segment| segment.get("name")).cloned();
        sites.push(json!({
            "use": usage, "city": if place == 0 { company.city.as_str() } else { city }, "feet": feet, "owned": owned,
            "expires": company.year + dice.between(1, 9), "rent": feet / dice.between(110, 170),
            "built": company.year - dice.between(12, 46), "used": dice.between(61, 98),
            "serves": if place == 0 { json!("all segments") } else { json!(format!("the {} segment", serves.unwrap_or_default().as_str().unwrap_or_default())) },
        }));
    }
    sites
}

fn planned(capex: i64, dice: &mut Dice) -> i64 {
    dice.part(capex, 920, 1340) / 500 * 500
}

fn movers(profile: &Profile, figures: &Figures) -> Value {
    let [first, second] = figures.movers.map(|at| {
        let sales = figures.segments[at].sales;
        let difference = (sales[0] - sales[1]).abs();
        let reason = if sales[0] < sales[1] { "down" } else { "up" };
        let text = profile.segments.get(at);
        let field = |name: &str| text.and_then(|text| text.get(name)).cloned().unwrap_or_default();
        json!({"name": field("name"), "difference": difference, "reason": field(reason)})
    });
    json!({"first_mover": first, "second_mover": second})
}

fn quarters(figures: &Figures, dice: &mut Dice) -> Vec<Value> {
    let account = |name: &str| figures.accounts[name][0].as_i64().unwrap_or(0);
    let shares = [dice.between(228, 246), dice.between(240, 256), dice.between(250, 268)];
    let by_segment = figures.segments.clone().map(|segment| {
        let own = shares.map(|share| share + dice.between(-6, 6));
        spread(segment.sales[0], &own)
    });
    let gross = spread(account("gross"), &shares);
    let net = spread(account("net"), &[shares[0] - 8, shares[1] + 5, shares[2] + 6]);
    let mut price = dice.between(14, 52) * 100;
    ["first", "second", "third", "fourth"]
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            price += dice.between(-180, 230);
            let own: Vec<i64> = by_segment.iter().map(|segment| segment[at]).collect();
            json!({
                "name": name, "segments": own, "sales": own.iter().sum::<i64>(), "gross": gross[at], "net": net[at],
                "high": price + dice.between(60, 320), "low": price - dice.between(60, 320),
            })
        })
        .collect()
}

fn selected(figures: &Figures) -> Vec<Value> {
    [
        ("Net sales", "sales"),
        ("Operating income", "operating"),
        ("Net income", "net"),
        ("Total assets", "assets"),
        ("Debt", "debt"),
        ("Shareholders' equity", "equity"),
    ]
    .into_iter()
    .map(|(title, name)| {
        let amounts: Vec<String> =
            (0..3).filter_map(|at| figures.accounts[name][at].as_i64()).map(super::text::thousands).collect();
        json!({"name": title, "values": amounts})
    })
    .collect()
}

/// Details of the notes to the statements.
fn balances(figures: &Figures, dice: &mut Dice) -> Value {
    let account = |name: &str, at: usize| figures.accounts[name][at].as_i64().unwrap_or(0);
    let sales = account("sales", 0);
    let inventory = spread(account("inventory", 0), &[dice.between(290, 380), dice.between(120, 180), 0]);
    let property = account("property", 0);
    let depreciated = dice.part(property, 700, 1100);
    let parts = spread(property + depreciated, &[dice.between(50, 80), dice.between(260, 320), dice.between(30, 60)]);
    let goodwill = [spread(account("goodwill", 0), &[410, 270, 190]), spread(account("goodwill", 1), &[410, 270, 190])];
    let by_segment: Vec<[i64; 2]> = goodwill[0].iter().zip(&goodwill[1]).map(|(now, before)| [*now, *before]).collect();
    let begin = dice.part(sales, 6, 12);
    let added = dice.part(begin, 700, 1100);
    let used = dice.part(begin, 650, 1050);
    let accrued = account("accrued", 0) - (begin + added - used);
    let wages = accrued * 46 / 100;
    let rebates = accrued * 21 / 100;
    let rent = dice.part(sales, 9, 16);
    let shares = figures.shares[0];
    let savings = dice.part(sales, 5, 9);
    let ratio = |above: i64, below: i64| above / below.max(1);
    json!({
        "repurchased": ratio(account("repurchases", 0) * 1000, dice.between(1800, 5200)), "authorized": dice.part(sales, 20, 60),
        "dividend": figures.dividend, "next_dividend": (figures.dividend[0] / 4 + 1).max(1),
        "inventory": {"materials": inventory[0], "process": inventory[1], "finished": inventory[3], "consigned": inventory[3] / 9},
        "property": {"land": parts[0], "buildings": parts[1], "progress": parts[2], "machinery": parts[3], "depreciated": depreciated,
            "committed": dice.part(property, 30, 70)},
        "goodwill_by_segment": by_segment, "goodwill_margin": dice.between(18, 44), "amortization_next": account("amortization", 0),
        "warranty": {"begin": begin, "added": added, "used": used, "end": begin + added - used},
        "accrued": {"wages": wages, "rebates": rebates, "other": accrued - wages - rebates}, "advances": dice.part(sales, 4, 11),
        "inventory_allowance": [dice.part(sales, 8, 16), dice.part(sales, 8, 16)], "doubtful": [dice.part(sales, 3, 7), dice.part(sales, 3, 7)],
        "write_offs": dice.part(sales, 1, 3), "fifo": dice.between(62, 91),
        "days_receivable": ratio(account("receivables", 0) * 365 + sales / 2, sales),
        "turns": tenths(ratio(account("cost", 0) * 10, account("inventory", 0))), "valuation_allowance": dice.part(sales, 3, 9),
        "rent": [rent, dice.part(rent, 930, 990), dice.part(rent, 890, 940)], "rent_next": dice.part(rent, 820, 930),
        "uncertain_tax": dice.part(sales, 2, 5), "tax_paid": dice.part(account("tax", 0), 820, 1080), "authorized_shares": shares / 1000 * 3000,
        "plan_shares": dice.part(shares, 60, 100), "granted": dice.part(shares, 8, 14), "vested": dice.part(shares, 5, 9),
        "forfeited": dice.part(shares, 1, 2), "unrecognized": dice.part(sales, 7, 12), "vesting": tenths(dice.between(17, 29)),
        "corporate": figures.corporate, "savings": [savings, dice.part(savings, 940, 1000), dice.part(savings, 880, 940)],
        "auditors": dice.between(4, 11), "meetings": dice.between(6, 11), "reports": dice.between(5, 31), "bonus": dice.between(71, 118),
        "retainer": dice.between(70, 140), "insiders": tenths(dice.between(24, 96)), "audit_fee": dice.between(640, 1480), "other_fee": dice.between(90, 320),
    })
}

fn tenths(number: i64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn hundredths(number: i64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
