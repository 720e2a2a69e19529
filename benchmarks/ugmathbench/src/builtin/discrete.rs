//! Combinatorics, number theory, set theory and logic.

use super::bank::Template;
use super::draw::Draw;
use super::write::{Draft, calculator_sum, latex_sum};
use crate::item::Version;

const SETS: &str = "Set_theory_and_logic";

/// Combinatorics.
pub const COUNTING: &[Template] = &[
    Template { subject: "Combinatorics", topic: "Counting", subtopic: "Choosing", level: "2", make: committee },
    Template { subject: "Combinatorics", topic: "Counting", subtopic: "Words with repeated letters", level: "3", make: words },
    Template {
        subject: "Combinatorics",
        topic: "Recurrence relations",
        subtopic: "Linear recurrences",
        level: "3",
        make: recurrence,
    },
    Template {
        subject: "Combinatorics",
        topic: "Counting",
        subtopic: "Distributing equal things",
        level: "3",
        make: distribution,
    },
];

/// Number theory, set theory and logic.
pub const NUMBERS_AND_SETS: &[Template] = &[
    Template { subject: "Number_theory", topic: "Congruences", subtopic: "Powers", level: "2", make: power },
    Template { subject: "Number_theory", topic: "Congruences", subtopic: "Inverses", level: "3", make: inverse },
    Template { subject: "Number_theory", topic: "Divisibility", subtopic: "Divisors", level: "2", make: divisor_sums },
    Template { subject: "Number_theory", topic: "Congruences", subtopic: "Quadratic congruences", level: "4", make: squares },
    Template { subject: "Number_theory", topic: "Divisibility", subtopic: "Divisibility by nine", level: "1", make: nine },
    Template { subject: SETS, topic: "Operations on sets", subtopic: "Unions and intersections", level: "2", make: set_algebra },
    Template { subject: SETS, topic: "Operations on sets", subtopic: "Power sets", level: "2", make: subsets },
    Template { subject: SETS, topic: "Propositional logic", subtopic: "Truth values", level: "2", make: truth_values },
    Template { subject: SETS, topic: "Relations between sets", subtopic: "Properties of relations", level: "4", make: relation },
    Template { subject: SETS, topic: "Propositional logic", subtopic: "Forms of implications", level: "2", make: implication },
];

fn binomial(n: i64, k: i64) -> i64 {
    (1..=k).fold(1, |product, i| product * (n - k + i) / i)
}

fn committee(draw: &mut Draw) -> Version {
    let (women, men) = (draw.between(5, 10), draw.between(5, 10));
    let (a, b) = (draw.between(2, 4), draw.between(2, 4));
    Draft::new(format!(
        "A club has ${women}$ women and ${men}$ men. In how many ways can a committee of ${a}$ women and ${b}$ men be chosen? [ANS]"
    ))
    .number(binomial(women, a) * binomial(men, b))
    .done()
}

fn words(draw: &mut Draw) -> Version {
    let [a, b, c]: [i64; 3] = [draw.between(2, 4), draw.between(1, 3), draw.between(1, 3)];
    let word = ["P".repeat(a as usize), "Q".repeat(b as usize), "R".repeat(c as usize)].concat();
    let total = a + b + c;
    Draft::new(format!("How many different words, sensible or not, can be made by rearranging the letters of {word}? [ANS]"))
        .number(binomial(total, a) * binomial(total - a, b))
        .done()
}

fn recurrence(draw: &mut Draw) -> Version {
    let (p, q) = (draw.between(2, 4), draw.signed(2, 5));
    let (first, second) = (draw.between(1, 5), draw.between(1, 5));
    let steps = draw.between(3, 6);
    let (_, last) = (0..steps).fold((first, second), |(a, b), _| (b, p * b + q * a));
    Draft::new(format!(
        "A sequence satisfies $ a_{{n+2}} = {} $ with $ a_0={first} $ and $ a_1={second} $. Then $ a_{{{}}}= $ [ANS]. The \
         characteristic polynomial of the recurrence, in the variable $x$ and with leading coefficient one, is [ANS].",
        latex_sum(&[(p, "a_{n+1}"), (q, "a_n")]),
        steps + 1
    ))
    .number(last)
    .expression(calculator_sum(&[(1, "x^2"), (-p, "x"), (-q, "")]))
    .done()
}

fn distribution(draw: &mut Draw) -> Version {
    let (things, people) = (draw.between(6, 12), draw.between(3, 4));
    Draft::new(format!(
        "In how many ways can ${things}$ equal coins be given to ${people}$ children, if a child may get none? [ANS] In how many \
         ways, if every child gets at least one? [ANS]"
    ))
    .number(binomial(things + people - 1, people - 1))
    .number(binomial(things - 1, people - 1))
    .done()
}

fn power(draw: &mut Draw) -> Version {
    let (base, exponent, modulus) = (draw.between(2, 9), draw.between(20, 90), draw.between(11, 30));
    let value = (0..exponent).fold(1, |value, _| value * base % modulus);
    Draft::new(format!("The remainder of $ {base}^{{{exponent}}} $ on division by ${modulus}$ is [ANS].")).number(value).done()
}

fn inverse(draw: &mut Draw) -> Version {
    let modulus = draw.pick(11, &[13, 17, 19, 23, 29, 31, 37]);
    let a = draw.between(3, modulus - 2);
    let inverse = (1..modulus).find(|b| a * b % modulus == 1).unwrap_or_default();
    let b = draw.between(2, modulus - 2);
    Draft::new(format!(
        "Modulo ${modulus}$, the multiplicative inverse of ${a}$ is [ANS]. The solution of $ {a}x\\equiv {b} $ is $x\\equiv$ \
         [ANS]. (Give the smallest representatives that are not negative.)"
    ))
    .number(inverse)
    .number(inverse * b % modulus)
    .done()
}

fn divisor_sums(draw: &mut Draw) -> Version {
    let n = draw.between(24, 120);
    let divisors = || (1..=n).filter(move |k| n % k == 0);
    Draft::new(format!("How many positive divisors does ${n}$ have? [ANS] What is the sum of all of them? [ANS]"))
        .number(divisors().count())
        .number(divisors().sum::<i64>())
        .done()
}

fn squares(draw: &mut Draw) -> Version {
    let prime = draw.pick(11, &[13, 17, 19, 23]);
    let root = draw.between(2, (prime - 1) / 2);
    let square = root * root % prime;
    Draft::new(format!("List all solutions of $ x^2 \\equiv {square} \\pmod{{{prime}}} $ with $ 0\\leq x<{prime} $. [ANS]"))
        .unordered([root, prime - root])
        .done()
}

fn nine(draw: &mut Draw) -> Version {
    let mut number = |divisible: bool| {
        let multiple = 9 * draw.between(15, 900);
        if divisible { multiple } else { multiple + draw.between(1, 8) }
    };
    let [a, b, c, d] = [number(true), number(false), number(true), number(false)];
    let rotated = if draw.coin() { [a, b, c, d] } else { [b, c, a, d] };
    let [a, b, c, d] = rotated;
    Draft::new(format!("Which of these numbers are divisible by nine? [ANS]\nA. ${a}$ B. ${b}$ C. ${c}$ D. ${d}$"))
        .choices(rotated.map(|number| number % 9 == 0))
        .done()
}

fn set_algebra(draw: &mut Draw) -> Version {
    let [a, b, c, d, e, f]: [i64; 6] = draw.different(1, 20);
    let sorted = |mut values: Vec<i64>| {
        values.sort_unstable();
        values
    };
    Draft::new(format!(
        "Let $ A=\\{{{a},{b},{c},{d}\\}} $ and $ B=\\{{{c},{d},{e},{f}\\}} $. List the elements of $A\\cap B$ [ANS], of \
         $A\\cup B$ [ANS] and of $A\\setminus B$ [ANS]."
    ))
    .unordered(sorted(vec![c, d]))
    .unordered(sorted(vec![a, b, c, d, e, f]))
    .unordered(sorted(vec![a, b]))
    .done()
}

fn subsets(draw: &mut Draw) -> Version {
    let n = draw.between(5, 10);
    let k = draw.between(2, 4);
    let other = if draw.coin() { n - k } else { draw.between(1, n) };
    Draft::new(format!(
        "A set has ${n}$ elements. It has [ANS] subsets, and [ANS] of these have exactly ${k}$ elements. True or false: as many \
         of its subsets have exactly ${other}$ elements. [ANS]"
    ))
    .number(1i64 << n)
    .number(binomial(n, k))
    .truth(binomial(n, other) == binomial(n, k))
    .done()
}

fn truth_values(draw: &mut Draw) -> Version {
    let (p, q, r) = (draw.coin(), draw.coin(), draw.coin());
    let word = |value: bool| if value { "true" } else { "false" };
    let and = draw.coin();
    let (sign, joined) = if and { ("\\land", q && r) } else { ("\\lor", q || r) };
    Draft::new(format!(
        "Let $p$ be {}, $q$ be {} and $r$ be {}. Give the truth value of $ p \\Rightarrow (q {sign} r) $ [ANS] and of \
         $ \\lnot p \\Leftrightarrow r $ [ANS].",
        word(p),
        word(q),
        word(r)
    ))
    .truth(!p || joined)
    .truth(p != r)
    .done()
}

fn relation(draw: &mut Draw) -> Version {
    let k = draw.between(3, 9);
    // The options: reflexive, symmetric, transitive, antisymmetric.
    let (rule, right) = match draw.between(0, 4) {
        0 => (format!("$a-b$ is divisible by ${k}$"), [true, true, true, false]),
        1 => (format!("$a>b+{k}$"), [false, false, true, true]),
        2 => (format!("$|a-b|\\leq {k}$"), [true, true, false, false]),
        3 => (format!("$b-a$ is divisible by ${k}$ and not negative"), [true, false, true, true]),
        _ => (format!("$a+b={k}$"), [false, true, false, false]),
    };
    Draft::new(format!(
        "A relation on the integers holds between $a$ and $b$ exactly if {rule}. Which properties does it have? [ANS]\n\
         A. reflexive B. symmetric C. transitive D. antisymmetric"
    ))
    .choices(right)
    .done()
}

fn implication(draw: &mut Draw) -> Version {
    let k = draw.between(4, 30);
    let (given, name) = match draw.between(0, 2) {
        0 => (format!("If $n$ is not divisible by $2$, then $n$ is not divisible by ${}$.", 2 * k), "contrapositive"),
        1 => (format!("If $n$ is divisible by $2$, then $n$ is divisible by ${}$.", 2 * k), "converse"),
        _ => (format!("If $n$ is not divisible by ${}$, then $n$ is not divisible by $2$.", 2 * k), "inverse"),
    };
    Draft::new(format!(
        "Compare with the sentence \"If $n$ is divisible by ${}$, then $n$ is divisible by $2$.\" How is the sentence \"{given}\" \
         called in relation to it (write converse, inverse or contrapositive)? [ANS] Is it true for all integers $n$? [ANS] \
         (true or false)",
        2 * k
    ))
    .word(name)
    .truth(name == "contrapositive")
    .done()
}

#[cfg(test)]
mod tests {
    use super::binomial;

    #[test]
    fn binomials() {
        for (n, k, expected) in [(5, 0, 1), (5, 5, 1), (10, 3, 120), (14, 3, 364)] {
            assert_eq!(binomial(n, k), expected, "{n} over {k}");
        }
    }
}
