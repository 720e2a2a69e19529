//! Financial mathematics, probability and statistics.

use super::bank::Template;
use super::draw::Draw;
use super::write::{Draft, decimal, fraction};
use crate::item::Version;

const FINANCE: &str = "Financial_mathematics";

/// Financial mathematics, probability and statistics.
pub const MONEY_AND_CHANCE: &[Template] = &[
    Template { subject: FINANCE, topic: "Interest", subtopic: "Compound interest", level: "2", make: compound },
    Template { subject: FINANCE, topic: "Interest", subtopic: "Simple interest", level: "1", make: simple },
    Template { subject: FINANCE, topic: "Annuities", subtopic: "Present values", level: "3", make: annuity },
    Template { subject: FINANCE, topic: "Interest", subtopic: "Effective rates", level: "3", make: effective },
    Template { subject: FINANCE, topic: "Options", subtopic: "Profit of a call", level: "2", make: call },
    Template {
        subject: "Probability",
        topic: "Discrete distributions",
        subtopic: "Binomial distribution",
        level: "3",
        make: binomial_chance,
    },
    Template { subject: "Probability", topic: "Sample Space", subtopic: "Two dice", level: "2", make: dice },
    Template { subject: "Probability", topic: "Random variables", subtopic: "Expectation", level: "2", make: expectation },
    Template { subject: "Probability", topic: "Laws, theory", subtopic: "Independence", level: "3", make: independence },
    Template {
        subject: "Probability",
        topic: "Continuous distributions",
        subtopic: "Uniform distribution",
        level: "2",
        make: uniform,
    },
    Template {
        subject: "Statistics",
        topic: "Exploratory data analysis/descriptive statistics",
        subtopic: "Mean and median",
        level: "1",
        make: averages,
    },
    Template { subject: "Statistics", topic: "Sampling distributions", subtopic: "Standard scores", level: "2", make: score },
    Template {
        subject: "Statistics",
        topic: "Confidence intervals",
        subtopic: "Mean with known spread",
        level: "3",
        make: confidence,
    },
    Template { subject: "Statistics", topic: "Hypothesis tests", subtopic: "Test of a mean", level: "4", make: test },
    Template { subject: "Statistics", topic: "Simple linear regression", subtopic: "Slopes", level: "3", make: regression },
    Template {
        subject: "Statistics",
        topic: "Exploratory data analysis/descriptive statistics",
        subtopic: "Kinds of data",
        level: "1",
        make: kinds,
    },
];

fn compound(draw: &mut Draw) -> Version {
    let (principal, rate, years) = (100 * draw.between(5, 90), draw.between(2, 9), draw.between(2, 8));
    let amount = (0..years).fold(principal as f64, |amount, _| amount * (100 + rate) as f64 / 100.0);
    Draft::new(format!(
        "${principal}$ dollars are invested at ${rate}$ percent interest per year, compounded yearly. After ${years}$ years the \
         investment is worth [ANS] dollars."
    ))
    .number(decimal(amount))
    .done()
}

fn simple(draw: &mut Draw) -> Version {
    let (principal, rate, years) = (100 * draw.between(5, 90), draw.between(2, 9), draw.between(2, 12));
    let interest = principal * rate * years / 100;
    Draft::new(format!(
        "A loan of ${principal}$ dollars at ${rate}$ percent simple interest per year has cost ${interest}$ dollars of interest. \
         It has run for [ANS] years."
    ))
    .number(years)
    .done()
}

fn annuity(draw: &mut Draw) -> Version {
    let (payment, rate, years) = (10 * draw.between(20, 200), draw.between(2, 9), draw.between(5, 20));
    let factor = 100.0 / (100 + rate) as f64;
    let value: f64 = (1..=years).map(|year| payment as f64 * factor.powi(year as i32)).sum();
    Draft::new(format!(
        "An annuity pays ${payment}$ dollars at the end of each of the next ${years}$ years. At ${rate}$ percent per year its \
         present value is [ANS] dollars."
    ))
    .number(decimal(value))
    .done()
}

fn effective(draw: &mut Draw) -> Version {
    let monthly = draw.between(6, 15);
    let yearly = monthly as f64 + draw.pick(1, &[2, 3, 5, 8, 11]) as f64 / 10.0;
    let rate = 100.0 * ((1.0 + monthly as f64 / 1200.0).powi(12) - 1.0);
    let answer = if rate > yearly { "first" } else { "second" };
    Draft::new(format!(
        "Of two accounts, the first pays ${monthly}$ percent per year, compounded monthly, and the second ${}$ percent per year, \
         compounded yearly. The effective rate of the first is [ANS] percent. Which account pays more, first or second? [ANS]",
        decimal(yearly)
    ))
    .number(decimal(rate))
    .choice(answer, &["first", "second"])
    .done()
}

fn call(draw: &mut Draw) -> Version {
    let (strike, premium) = (draw.between(30, 90), draw.between(2, 9));
    let price = strike + draw.signed(3, 25);
    let profit = (price - strike).max(0) - premium;
    Draft::new(format!(
        "A call option with strike price ${strike}$ dollars was bought for ${premium}$ dollars. At expiry the share costs \
         ${price}$ dollars. Leaving interest aside, the buyer's profit is [ANS] dollars. Is the option exercised? [ANS] (yes or no)"
    ))
    .number(profit)
    .choice(if price > strike { "yes" } else { "no" }, &["yes", "no"])
    .done()
}

fn choose(n: i64, k: i64) -> f64 {
    (1..=k).map(|i| (n - k + i) as f64 / i as f64).product()
}

fn binomial_chance(draw: &mut Draw) -> Version {
    let (n, k) = (draw.between(6, 10), draw.between(2, 4));
    let percent = 5 * draw.between(4, 12);
    let p = percent as f64 / 100.0;
    let chance = choose(n, k) * p.powi(k as i32) * (1.0 - p).powi((n - k) as i32);
    Draft::new(format!(
        "A trial succeeds with probability ${}$. In ${n}$ independent trials, the probability of exactly ${k}$ successes is [ANS] \
         and the expected number of successes is [ANS].",
        decimal(p)
    ))
    .number(decimal(chance))
    .number(fraction(n * percent, 100))
    .done()
}

fn dice(draw: &mut Draw) -> Version {
    let sum = draw.between(3, 11);
    let ways = 6 - (sum - 7).abs();
    Draft::new(format!(
        "Two fair dice are thrown. The probability that the numbers add up to ${sum}$ is [ANS] (write a fraction)."
    ))
    .number(fraction(ways, 36))
    .done()
}

fn expectation(draw: &mut Draw) -> Version {
    let [a, b, c]: [i64; 3] = draw.different(-9, 15);
    let (p, q) = (draw.between(1, 4), draw.between(1, 5));
    let r = 10 - p - q;
    let mean = fraction(a * p + b * q + c * r, 10);
    let share = |tenths: i64| decimal(tenths as f64 / 10.0);
    Draft::new(format!(
        "A random variable takes the value ${a}$ with probability ${}$, ${b}$ with probability ${}$ and ${c}$ otherwise. The \
         probability of the last value is [ANS], and the expectation is [ANS].",
        share(p),
        share(q)
    ))
    .number(share(r))
    .number(mean)
    .done()
}

fn independence(draw: &mut Draw) -> Version {
    let (a, b) = (draw.between(2, 8), draw.between(2, 8));
    let independent = draw.coin();
    // In hundredths; an intersection is no larger than either event.
    let both = if independent { a * b } else { (a * b + draw.between(1, 5)).min(10 * a.min(b) - 1) };
    let both = if !independent && both == a * b { both - 1 } else { both };
    let (p, q, r) = (a as f64 / 10.0, b as f64 / 10.0, both as f64 / 100.0);
    Draft::new(format!(
        "For two events, $ P(A)={} $, $ P(B)={} $ and $ P(A\\cap B)={} $. True or false: the events are independent. [ANS] The \
         conditional probability of $A$ given $B$ is [ANS].",
        decimal(p),
        decimal(q),
        decimal(r)
    ))
    .truth(independent && both == a * b)
    .number(fraction(both, 10 * b))
    .done()
}

fn uniform(draw: &mut Draw) -> Version {
    let [low, a, b, high]: [i64; 4] = draw.rising(1, 30);
    Draft::new(format!(
        "A number is drawn uniformly from the interval from ${low}$ to ${high}$. The probability that it lies between ${a}$ and \
         ${b}$ is [ANS], and its mean is [ANS]. The set of values that are larger than ${b}$ and possible is the interval [ANS] \
         (leave out its left end, take in its right end)."
    ))
    .number(fraction(b - a, high - low))
    .number(fraction(low + high, 2))
    .interval(format!("({b},{high}]"))
    .done()
}

fn averages(draw: &mut Draw) -> Version {
    let values: [i64; 5] = draw.different(3, 40);
    let total: i64 = values.iter().sum();
    let mut sorted = values;
    sorted.sort_unstable();
    let [_, _, median, _, _] = sorted;
    Draft::new(format!(
        "A sample consists of the values ${}$. Its mean is [ANS] and its median is [ANS].",
        values.map(|value| value.to_string()).join(", ")
    ))
    .number(decimal(total as f64 / 5.0))
    .number(median)
    .done()
}

fn score(draw: &mut Draw) -> Version {
    let (mean, deviation) = (draw.between(50, 120), draw.between(2, 20));
    let value = mean + draw.signed(3, 40);
    Draft::new(format!(
        "A population has mean ${mean}$ and standard deviation ${deviation}$. The standard score of the value ${value}$ is [ANS]."
    ))
    .number(fraction(value - mean, deviation))
    .done()
}

fn confidence(draw: &mut Draw) -> Version {
    let (mean, deviation, root) = (draw.between(30, 90), draw.between(2, 12), draw.between(4, 12));
    let margin = 1.96 * deviation as f64 / root as f64;
    Draft::new(format!(
        "A sample of ${}$ values has the mean ${mean}$; the population's standard deviation is ${deviation}$. With the normal \
         quantile $1.96$, the confidence interval of the mean is [ANS].",
        root * root
    ))
    .interval(format!("({},{})", decimal(mean as f64 - margin), decimal(mean as f64 + margin)))
    .done()
}

fn test(draw: &mut Draw) -> Version {
    let (mean, deviation, root) = (draw.between(30, 90), draw.between(2, 12), draw.between(3, 9));
    let observed = mean + draw.signed(1, 5);
    // (observed − mean) / (deviation / root).
    let (numerator, denominator) = ((observed - mean) * root, deviation);
    let reject = (numerator as f64 / denominator as f64).abs() > 1.96;
    Draft::new(format!(
        "To test whether a population with standard deviation ${deviation}$ has the mean ${mean}$, a sample of ${}$ values is \
         drawn; its mean is ${observed}$. The test statistic is $z=$ [ANS]. With the critical value $1.96$ of a two-sided test the \
         hypothesis is [ANS] (rejected or kept).",
        root * root
    ))
    .number(fraction(numerator, denominator))
    .choice(if reject { "rejected" } else { "kept" }, &["rejected", "kept"])
    .done()
}

fn regression(draw: &mut Draw) -> Version {
    let slope = draw.signed(2, 5);
    let start = draw.between(10, 30);
    let [e, f]: [i64; 2] = draw.different(-3, 3);
    // Abscissas 1 to 4; the last two values are off the line by e and f.
    let y = [start + slope, start + 2 * slope, start + 3 * slope + e, start + 4 * slope + f];
    let [y1, y2, y3, y4] = y;
    // Slope Σ(x − x̄)(y − ȳ) / Σ(x − x̄)², both sums doubled to stay whole; ȳ drops out.
    let numerator = -3 * y1 - y2 + y3 + 3 * y4;
    Draft::new(format!(
        "Four points are given: $(1,{y1})$, $(2,{y2})$, $(3,{y3})$ and $(4,{y4})$. The line fitted to them by least squares has the \
         slope [ANS], and at the mean of the abscissas its height is [ANS]."
    ))
    .number(fraction(numerator, 10))
    .number(fraction(y1 + y2 + y3 + y4, 4))
    .done()
}

fn kinds(draw: &mut Draw) -> Version {
    let items = [
        draw.pick(("the height of a tree", true), &[("the weight of a parcel", true), ("the age of a house", true)]),
        draw.pick(("the colour of a car", false), &[("the brand of a phone", false), ("the genre of a film", false)]),
        draw.pick(
            ("the number of siblings", true),
            &[("the postal code of an address", false), ("the language spoken at home", false)],
        ),
    ];
    let [(first, a), (second, b), (third, c)] = items;
    let word = |quantitative: bool| if quantitative { "quantitative" } else { "categorical" };
    let options = ["quantitative", "categorical"];
    Draft::new(format!(
        "Is each of these variables quantitative or categorical? First: {first}. [ANS] Second: {second}. [ANS] Third: {third}. [ANS]"
    ))
    .choice(word(a), &options)
    .choice(word(b), &options)
    .choice(word(c), &options)
    .done()
}
