//! Made-up persons and places.

use super::dice::Dice;
use serde_json::{Value, json};

const WOMEN: [&str; 12] =
    ["Adela", "Brigid", "Corinne", "Doreen", "Elspeth", "Frieda", "Gwendolyn", "Honor", "Imogen", "Judith", "Lenora", "Maren"];
const MEN: [&str; 12] = [
    "Ambrose", "Bertram", "Clement", "Desmond", "Everett", "Fergus", "Gilbert", "Horace", "Isidore", "Jerome", "Leander",
    "Magnus",
];
const LAST: [&str; 28] = [
    "Ackroyd",
    "Bannerman",
    "Colquitt",
    "Drummey",
    "Easterling",
    "Farthing",
    "Galbreath",
    "Hollister",
    "Ingleby",
    "Jessup",
    "Kirkbride",
    "Lathrop",
    "Merriweather",
    "Norwood",
    "Oakshott",
    "Penhallow",
    "Quarles",
    "Rutledge",
    "Sandoval",
    "Thackeray",
    "Underhill",
    "Vandermeer",
    "Winslade",
    "Yarborough",
    "Zeller",
    "Abernathy",
    "Brockway",
    "Castellan",
];
const POSTS: [&str; 10] = [
    "a partner in a law firm",
    "the chief executive officer of a maker of elevators",
    "a professor of accounting",
    "the treasurer of an insurance company",
    "the head of a family investment office",
    "an executive of a regional bank",
    "the president of a technical college",
    "the chief operating officer of a grocery chain",
    "a consultant on industrial safety",
    "the chief financial officer of an electric utility",
];
const SKILLS: [&str; 7] =
    ["finance", "manufacturing", "marketing", "public affairs", "information systems", "acquisitions", "labor relations"];
const CITIES: [&str; 26] = [
    "Ashby Ford, Georgia",
    "Beacon Ridge, Michigan",
    "Copper Bluff, Arizona",
    "Dunlow, Kentucky",
    "Elmsworth, New Jersey",
    "Fox River Bend, Illinois",
    "Granite Pass, New Hampshire",
    "Hollis Landing, Oregon",
    "Inverness Park, Florida",
    "Juniper Flats, Utah",
    "Kettle Run, West Virginia",
    "Lakemont, South Carolina",
    "Mill Springs, Arkansas",
    "Newbury Grove, Maryland",
    "Oxbow, Nebraska",
    "Pine Barrow, Maine",
    "Quincy Hill, Kansas",
    "Red Sands, New Mexico",
    "Silver Ford, Idaho",
    "Trellis Point, Alabama",
    "Upper Marsh, Delaware",
    "Verdant, Oklahoma",
    "West Haverly, Vermont",
    "Yellow Creek, Montana",
    "Zion Corners, North Dakota",
    "Amber Cove, Rhode Island",
];

/// A person: name, pronouns.
struct Person {
    name: String,
    she: &'static str,
    capital: &'static str,
    her: &'static str,
}

/// Names of which none comes twice.
fn people(count: usize, dice: &mut Dice) -> Vec<Person> {
    let last = dice.shuffled(&LAST);
    let women = dice.shuffled(&WOMEN);
    let men = dice.shuffled(&MEN);
    let mut firsts = women.into_iter().map(|name| (name, true)).zip(men.into_iter().map(|name| (name, false)));
    let mut people = Vec::with_capacity(count);
    let mut waiting = None;
    for surname in last.into_iter().take(count) {
        let first = waiting.take().or_else(|| {
            let (woman, man) = firsts.next()?;
            let (now, later) = if dice.happens(450) { (woman, man) } else { (man, woman) };
            waiting = Some(later);
            Some(now)
        });
        let Some((first, woman)) = first else { break };
        let (she, capital, her) = if woman { ("she", "She", "her") } else { ("he", "He", "his") };
        people.push(Person { name: format!("{first} {surname}"), she, capital, her });
    }
    people
}

/// The executive officers and the directors in `year`; the first officer is the chief executive.
pub fn officers_and_directors(year: i64, dice: &mut Dice) -> (Value, Value) {
    let posts = [
        ("president and chief executive officer", "chief operating officer"),
        ("senior vice president and chief financial officer", "corporate controller"),
        ("senior vice president for operations", "vice president for manufacturing and logistics"),
        ("vice president and general counsel", "assistant general counsel"),
        ("vice president for human resources", "director of labor relations"),
        ("vice president for sales", "regional sales manager"),
        ("corporate controller", "manager of internal audit"),
    ];
    let mut people = people(posts.len() + 8, dice).into_iter();
    let mut officers = Vec::new();
    for (place, ((title, before), person)) in posts.iter().zip(&mut people).enumerate() {
        let since = year - dice.between(1, 9);
        let salary = if place == 0 { dice.between(540, 780) } else { dice.between(210, 380) };
        officers.push(json!({
            "name": person.name, "age": dice.between(41, 64), "title": title, "since": since, "before": before,
            "before_since": since - dice.between(2, 8), "she": person.she, "She": person.capital,
            "salary": salary, "bonus": dice.part(salary, 300, 900), "grant": dice.part(salary, 500, 1600),
        }));
    }
    let jobs = dice.shuffled(&POSTS);
    let committees = ["audit", "compensation", "governance"];
    let directors: Vec<Value> = people
        .zip(jobs)
        .enumerate()
        .map(|(place, (person, post))| {
            json!({
                "name": person.name, "age": dice.between(48, 72), "since": year - dice.between(1, 17), "She": person.capital,
                "her": person.her, "post": post, "committee": committees[place % committees.len()],
                "skill": dice.one(&SKILLS),
            })
        })
        .collect();
    (Value::Array(officers), Value::Array(directors))
}

/// So many places, none twice.
pub fn places(count: usize, dice: &mut Dice) -> Vec<&'static str> {
    dice.shuffled(&CITIES).into_iter().take(count).copied().collect()
}
