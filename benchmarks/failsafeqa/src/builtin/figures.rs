//! The accounts of a made-up company: three years that add up. Amounts are thousands of dollars; the latest year first.

use super::dice::Dice;
use serde_json::{Map, Value, json};

/// Three years, the latest first.
pub type Years = [i64; 3];

/// What the accounts are made from.
#[derive(Debug, Clone, Copy)]
pub struct Outline {
    /// Net sales of the latest year.
    pub sales: i64,
    /// Their change against the year before, in percent; not 0.
    pub trend: i64,
}

/// One segment's figures.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Net sales.
    pub sales: Years,
    /// Segment income.
    pub income: Years,
    /// Net sales by product line; they add up to the segment's.
    pub lines: [Years; 4],
    /// The lines' shares of the latest year in percent; they add up to 100.
    pub mix: [i64; 4],
}

/// All accounts.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The four segments.
    pub segments: [Segment; 4],
    /// Corporate expenses.
    pub corporate: Years,
    /// Which two segments moved net sales most, in the direction of the whole.
    pub movers: [usize; 2],
    /// Tax rates in tenths of a percent.
    pub tax_rate: [i64; 2],
    /// Purchase price, and of it goodwill, intangible assets and property.
    pub acquisition: [i64; 4],
    /// The accounts by name, as the texts use them.
    pub accounts: Value,
    /// Debt, latest year first.
    pub debt: Years,
    /// Earnings before interest, taxes, depreciation and amortization of the latest year.
    pub ebitda: i64,
    /// Average shares in thousands.
    pub shares: Years,
    /// Dividends per share in cents.
    pub dividend: [i64; 2],
}

/// Draws the accounts.
pub fn figures(outline: Outline, dice: &mut Dice) -> Figures {
    let sales = totals(outline, dice);
    let (segments, movers) = segments(sales, dice);
    let sales: Years = std::array::from_fn(|t| segments.iter().map(|segment| segment.sales[t]).sum());
    let of = |share: i64, t: usize| sales[t] * share / 1000;

    // Income.
    let margin = dice.between(318, 392);
    let gross_drift = [dice.between(-9, 9), dice.between(-9, 9), 0];
    let gross: Years = std::array::from_fn(|t| of(margin + gross_drift[t], t));
    let research_share = dice.between(14, 46);
    let rd: Years = std::array::from_fn(|t| of(research_share, t));
    let corporate_share = dice.between(16, 28);
    let corporate: Years = std::array::from_fn(|t| of(corporate_share, t));
    let restructuring: Years = [dice.part(sales[0], 8, 19), 0, 0];
    let price = dice.part(sales[0], 45, 95);
    let goodwill_share = dice.between(480, 640);
    let intangible_share = dice.between(190, 260);
    let acquired = [price * goodwill_share / 1000, price * intangible_share / 1000];
    let acquisition = [price, acquired[0], acquired[1], price - acquired[0] - acquired[1]];
    let intangibles_start = dice.part(sales[2], 40, 70);
    let amortization: Years = [intangibles_start / 11 + acquired[1] / 10, intangibles_start / 11, intangibles_start / 10];
    let operating: Years = std::array::from_fn(|t| {
        segments.iter().map(|segment| segment.income[t]).sum::<i64>() - corporate[t] - amortization[t] - restructuring[t]
    });
    let sga: Years = std::array::from_fn(|t| gross[t] - rd[t] - amortization[t] - restructuring[t] - operating[t]);
    let depreciation_share = dice.between(26, 39);
    let depreciation: Years = std::array::from_fn(|t| of(depreciation_share, t));
    let ebitda = operating[0] + depreciation[0] + amortization[0];

    // Debt moves towards a multiple of earnings, so that the covenant holds.
    let debt_start = dice.part(ebitda, 1300, 1700);
    let repaid = dice.part(debt_start, 20, 60);
    let debt = [debt_start - repaid + price * 6 / 10, debt_start - repaid, debt_start];
    let rate = dice.between(48, 66);
    let interest: Years = std::array::from_fn(|t| debt[t] * rate / 1000);
    let pretax: Years = std::array::from_fn(|t| operating[t] - interest[t]);
    let first_rate = dice.between(225, 345);
    let second_rate = first_rate + dice.between(12, 38) * if dice.happens(500) { 1 } else { -1 };
    let rates = [first_rate, second_rate, second_rate + 3];
    let tax: Years = std::array::from_fn(|t| (pretax[t] * rates[t] + 500) / 1000);
    let net: Years = std::array::from_fn(|t| pretax[t] - tax[t]);
    let shares_start = (net[2] / 2).max(4000) + dice.between(100, 900);
    let shares = [shares_start - shares_start / 40, shares_start - shares_start / 70, shares_start];
    let eps: Years = std::array::from_fn(|t| (net[t] * 100 + shares[t] / 2) / shares[t]);

    // What is paid to shareholders, and what the business ties up.
    let payout = dice.between(24, 36);
    let dividend: Years = std::array::from_fn(|t| (eps[t].max(8) * payout / 100).max(2));
    let dividends: Years = std::array::from_fn(|t| shares[t] * dividend[t] / 100);
    let repurchases: Years = [dice.part(net[0].max(1000), 120, 260), dice.part(net[1].max(1000), 90, 200), 0];
    let compensation: Years = std::array::from_fn(|t| of(6, t));
    let capex_share = [dice.between(34, 52), dice.between(34, 48), 0];
    let capex: Years = std::array::from_fn(|t| of(capex_share[t], t));
    let days = [dice.between(44, 58), dice.between(44, 58), 50];
    let receivables: Years = std::array::from_fn(|t| sales[t] * days[t] / 365);
    let cost: Years = std::array::from_fn(|t| sales[t] - gross[t]);
    let turn_days = [dice.between(52, 78), dice.between(52, 78), 64];
    let inventory: Years = std::array::from_fn(|t| cost[t] * turn_days[t] / 365);
    let other_assets: Years = std::array::from_fn(|t| of(31, t));
    let payables: Years = std::array::from_fn(|t| cost[t] * 38 / 365);
    let accrued: Years = std::array::from_fn(|t| of(78, t));
    let deferred: Years = std::array::from_fn(|t| of(27, t));
    let goodwill_start = dice.part(sales[2], 110, 190);
    let goodwill = [goodwill_start + acquisition[1], goodwill_start, goodwill_start];
    let intangibles_1 = intangibles_start - amortization[1];
    let intangibles = [intangibles_1 + acquisition[2] - amortization[0], intangibles_1, intangibles_start];
    let property_2 = dice.part(sales[2], 190, 260);
    let property_1 = property_2 + capex[1] - depreciation[1];
    let property = [property_1 + capex[0] + acquisition[3] - depreciation[0], property_1, property_2];

    // Cash follows from all else, and equity with it.
    let tied = |t: usize| receivables[t] + inventory[t] + other_assets[t] - payables[t] - accrued[t] - deferred[t];
    let bought = [price, 0, 0];
    let operating_cash: Years = std::array::from_fn(|t| {
        if t == 2 {
            return 0;
        }
        net[t] + depreciation[t] + amortization[t] + compensation[t] - (tied(t) - tied(t + 1))
    });
    let investing_cash: Years = std::array::from_fn(|t| -capex[t] - bought[t]);
    let d_debt = [debt[0] - debt[1], debt[1] - debt[2], 0];
    let financing_cash: Years = std::array::from_fn(|t| d_debt[t] - dividends[t] - repurchases[t]);
    let d_cash: Years = std::array::from_fn(|t| operating_cash[t] + investing_cash[t] + financing_cash[t]);
    let least = dice.part(sales[0], 25, 60);
    let cash_2 = (least - d_cash[1].min(d_cash[0] + d_cash[1]).min(0)).max(dice.part(sales[2], 60, 90));
    let cash = [cash_2 + d_cash[1] + d_cash[0], cash_2 + d_cash[1], cash_2];
    let assets: Years = std::array::from_fn(|t| {
        cash[t] + receivables[t] + inventory[t] + property[t] + goodwill[t] + intangibles[t] + other_assets[t]
    });
    let liabilities: Years = std::array::from_fn(|t| payables[t] + accrued[t] + debt[t] + deferred[t]);
    let equity: Years = std::array::from_fn(|t| assets[t] - liabilities[t]);
    let foreign_share = dice.between(90, 240);
    let foreign: Years = std::array::from_fn(|t| of(foreign_share + 4 * t as i64, t));
    let minus = |years: Years| years.map(|amount| -amount);
    let change = |years: Years| [years[1] - years[0], years[2] - years[1]];
    let owed = |t: usize| payables[t] + accrued[t] + deferred[t] - other_assets[t];
    let d_other = [owed(0) - owed(1), owed(1) - owed(2)];
    let years = [
        ("sales", sales),
        ("cost", cost),
        ("gross", gross),
        ("sga", sga),
        ("rd", rd),
        ("amortization", amortization),
        ("restructuring", restructuring),
        ("operating", operating),
        ("interest", interest),
        ("pretax", pretax),
        ("tax", tax),
        ("net", net),
        ("eps", eps),
        ("shares", shares),
        ("depreciation", depreciation),
        ("compensation", compensation),
        ("capex", capex),
        ("minus_capex", minus(capex)),
        ("minus_acquisition", minus(bought)),
        ("cash", cash),
        ("receivables", receivables),
        ("inventory", inventory),
        ("property", property),
        ("goodwill", goodwill),
        ("intangibles", intangibles),
        ("other_assets", other_assets),
        ("assets", assets),
        ("payables", payables),
        ("accrued", accrued),
        ("debt", debt),
        ("deferred", deferred),
        ("liabilities", liabilities),
        ("equity", equity),
        ("operating_cash", operating_cash),
        ("investing_cash", investing_cash),
        ("d_debt", d_debt),
        ("dividends", dividends),
        ("minus_dividends", minus(dividends)),
        ("repurchases", repurchases),
        ("minus_repurchases", minus(repurchases)),
        ("financing_cash", financing_cash),
        ("d_cash", d_cash),
        ("foreign", foreign),
    ];
    let pairs = [
        ("equity_before", [equity[1], equity[2]]),
        ("d_receivables", change(receivables)),
        ("d_inventory", change(inventory)),
        ("d_other", d_other),
    ];
    let single = [("goodwill_and_intangibles", goodwill[0] + intangibles[0]), ("customers", dice.between(9, 60) * 100)];
    let mut accounts = Map::new();
    accounts.extend(years.into_iter().map(|(name, amounts)| (name.to_owned(), json!(amounts))));
    accounts.extend(pairs.into_iter().map(|(name, amounts)| (name.to_owned(), json!(amounts))));
    accounts.extend(single.into_iter().map(|(name, amount)| (name.to_owned(), json!(amount))));
    Figures {
        segments,
        corporate,
        movers,
        tax_rate: [rates[0], rates[1]],
        acquisition,
        accounts: Value::Object(accounts),
        debt,
        ebitda,
        shares,
        dividend: [dividend[0], dividend[1]],
    }
}

/// Net sales of three years before they are made to agree with the segments.
fn totals(outline: Outline, dice: &mut Dice) -> Years {
    let before = outline.sales * 100 / (100 + outline.trend);
    [outline.sales, before, dice.part(before, 930, 985)]
}

/// Segments whose net sales add up, and the two that moved the total most, in its direction.
fn segments(sales: Years, dice: &mut Dice) -> ([Segment; 4], [usize; 2]) {
    let shares = [dice.between(360, 420), dice.between(240, 290), dice.between(170, 200)];
    let earlier: [i64; 4] = spread(sales[1], &shares);
    let change = sales[0] - sales[1];
    let movers = if dice.happens(500) { [0, 1] } else { [1, 0] };
    let moved = [change * 7 / 10, change * 6 / 10, -change / 10];
    let mut latest = earlier;
    latest[movers[0]] += moved[0];
    latest[movers[1]] += moved[1];
    latest[2] += moved[2];
    latest[3] += change - moved.iter().sum::<i64>();
    let oldest_shares = [shares[0] + dice.between(-9, 9), shares[1] + dice.between(-9, 9), shares[2] + dice.between(-6, 6)];
    let oldest = spread(sales[2], &oldest_shares);
    let margins = [dice.between(112, 158), dice.between(86, 138), dice.between(72, 128), dice.between(94, 149)];
    let segments = std::array::from_fn(|i| {
        let sales = [latest[i], earlier[i], oldest[i]];
        let income = sales.map(|amount| dice.part(amount, margins[i] - 7, margins[i] + 7));
        let mix = [dice.between(34, 42), dice.between(22, 28), dice.between(15, 20)];
        let mix = [mix[0], mix[1], mix[2], 100 - mix.iter().sum::<i64>()];
        let by_year: [[i64; 4]; 3] = std::array::from_fn(|t| {
            let drift = |dice: &mut Dice| if t == 0 { 0 } else { dice.between(-14, 14) };
            let shares = [mix[0] * 10 + drift(dice), mix[1] * 10 + drift(dice), mix[2] * 10 + drift(dice)];
            spread(sales[t], &shares)
        });
        let lines = std::array::from_fn(|line| std::array::from_fn(|t| by_year[t][line]));
        Segment { sales, income, lines, mix }
    });
    (segments, movers)
}

/// An amount in four parts: three by thousandths, and what is left.
pub fn spread(amount: i64, shares: &[i64; 3]) -> [i64; 4] {
    let parts = shares.map(|share| amount * share / 1000);
    [parts[0], parts[1], parts[2], amount - parts.iter().sum::<i64>()]
}
