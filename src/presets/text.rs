//! A small text to learn from, made by a small grammar: the bundled worker's example needs no download and nobody
//! else's words. `assets/garden.txt` is what [`garden`] gives.

/// Sentences of the text.
const SENTENCES: usize = 2400;

/// Of the text that is committed; another one gives other sentences of the same kind.
const SEED: u64 = 20_261_120;

const PEOPLE: [&str; 8] = [
    "the gardener",
    "a child",
    "the baker",
    "my neighbour",
    "the old smith",
    "a traveller",
    "the miller",
    "Ada",
];
const DEEDS: [(&str, &str); 8] = [
    ("plants", "planted"),
    ("waters", "watered"),
    ("counts", "counted"),
    ("carries", "carried"),
    ("paints", "painted"),
    ("looks for", "looked for"),
    ("finds", "found"),
    ("sells", "sold"),
];
const LOOKS: [&str; 8] = ["red", "small", "round", "quiet", "golden", "heavy", "early", "strange"];
const THINGS: [&str; 10] =
    ["tulips", "pears", "lanterns", "beans", "baskets", "stones", "seeds", "roses", "bells", "apples"];
const PLACES: [&str; 8] = [
    "behind the mill",
    "by the river",
    "under the bridge",
    "in the orchard",
    "near the old wall",
    "on the hill",
    "at the market",
    "beside the well",
];
const TIMES: [&str; 6] =
    ["in the morning", "at noon", "before the rain", "after the harvest", "every winter", "at night"];

/// The text: about 130 KB of sentences about a garden, some of which follow from the one before.
pub fn garden() -> String {
    let mut dice = Dice(SEED);
    let mut text = String::new();
    for number in 1..=SENTENCES {
        text += &sentence(&mut dice);
        text.push(if number % 6 == 0 { '\n' } else { ' ' });
    }
    text
}

fn sentence(dice: &mut Dice) -> String {
    let (person, look, thing) = (dice.pick(&PEOPLE), dice.pick(&LOOKS), dice.pick(&THINGS));
    let (now, then) = *dice.pick(&DEEDS);
    let (place, time) = (dice.pick(&PLACES), dice.pick(&TIMES));
    let number = dice.below(9) + 2;
    let sentence = match dice.below(4) {
        0 => format!("{person} {now} {number} {look} {thing} {place}."),
        1 => format!("{time}, {person} {then} the {look} {thing} {place}."),
        2 => format!("where are the {thing}, asks {person}; somebody {then} them {place}, {time}."),
        _ => format!("{number} {thing} and {number} more are {} {thing}.", 2 * number),
    };
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// Numbers that look random and are the same everywhere (Steele, Lea and Flood, "SplitMix64", 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}
