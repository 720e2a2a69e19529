//! What the robust extraction reads, case by case: our own sentences in every language.

use proctor_tumlu::{LANGUAGES, Language, robust};

const CHOICES: [&str; 4] = ["on iki", "on beş", "yirmi", "otuz"];

#[track_caller]
fn check(language: &str, output: &str, expected: &str) {
    check_options(language, output, &CHOICES, expected);
}

#[track_caller]
fn check_options(language: &str, output: &str, choices: &[&str], expected: &str) {
    let language = Language::named(language).unwrap();
    let choices: Vec<String> = choices.iter().map(|choice| (*choice).to_owned()).collect();
    let found = robust::extract(output, language, &choices, true);
    let read = found.as_ref().map_or("-", |found| ["A", "B", "C", "D", "E"][found.position]);
    assert_eq!(read, expected, "{output} {found:?}");
}

#[test]
fn letters_by_themselves() {
    for output in ["B", " B ", "B.", "B)", "(B)", "**B**", "*B*", "b", "\\boxed{B}", "$B$", "\"B\"", "\u{200f}B", "В", "Б", "Ｂ"]
    {
        check("kazakh", output, "B");
    }
    for output in ["", " ", "...", "[INVALID]", "E", "F", "AB", "ABC", "Azot", "DNA", "C4H10", "?"] {
        check("azerbaijani", output, "-");
    }
}

#[test]
fn the_word_for_answer() {
    for (language, output) in [
        ("azerbaijani", "Cavab: C"),
        ("azerbaijani", "Cavab:C"),
        ("azerbaijani", "CAVAB: C"),
        ("azerbaijani", "cavab: c"),
        ("azerbaijani", "Məncə cavabı C variantıdır"),
        ("azerbaijani", "Yəni sualın düzgün cavabı **C variantıdır**."),
        ("azerbaijani", "Düzgün cavab:\n\n**C) yirmi**"),
        ("crimean-tatar", "Doğru cevap: C) yirmi"),
        ("crimean-tatar-cyrillic", "Джевап: C"),
        ("crimean-tatar-cyrillic", "Догъру джевап С) йигирми"),
        ("karakalpak", "Durıs juwabı: C"),
        ("karakalpak", "Juwap – C."),
        ("kazakh", "3. **Жауап**: **C, жиырма.**"),
        ("kazakh", "Дұрыс жауап: С"),
        ("kazakh", "ЖАУАБЫ: C"),
        ("kazakh-latin", "Jawabı: C"),
        ("kazakh-latin", "Dūrys jauap: C"),
        ("tatar", "Дөрес җавап: С) егерме"),
        ("tatar", "Җавабы – C"),
        ("turkish", "Doğru cevap C'dir."),
        ("turkish", "Doğru cevap C’dir."),
        ("turkish", "Cevap C, yirmi."),
        ("turkish", "Doğru cevap C şıkkıdır."),
        ("turkish", "Doğru yanıt: C"),
        ("turkish", "Cevap: (C)"),
        ("turkish", "Cevap: C-yirmi"),
        ("uyghur", "توغرا جاۋاب C."),
        ("uyghur", "بۇ سوئالنىڭ توغرا جاۋابى C: «yirmi»"),
        ("uyghur", "توغرا جاۋاب: ج"),
        ("uyghur-latin", "toghra jawab: c) yirmi"),
        ("uyghur-latin", "jawabi C."),
        ("uzbek", "Demak, javob C."),
        ("uzbek", "To‘g‘ri javob: C) yirmi"),
        ("uzbek", "To'g'ri javob – C variant"),
        ("uzbek-cyrillic", "Тўғри жавоб: С"),
        ("uzbek-cyrillic", "Жавоби C бўлади"),
        ("kazakh", "The correct answer is C."),
        ("kazakh", "Правильный ответ: С"),
    ] {
        check(language, output, "C");
    }
}

#[test]
fn later_and_clearer_words_prevail() {
    check("azerbaijani", "Cavab: D. Yox, düzəliş: Cavab: B", "B");
    check("azerbaijani", "Doğrusu B) seçimdir, çünki A) yanlışdır", "B");
    check("turkish", "Cevap A değildir. Doğru cevap: D", "D");
    check("turkish", "Yanlış cevap: A. Doğru cevap: D", "D");
    check("azerbaijani", "Cavab: B\n\nSual: Başqa sual?\nA) x\nB) y\nC) z\nD) t\n\nCavab: A", "B");
    check(
        "azerbaijani",
        "Düzgün cavab B variantıdır.Sual: Başqa sual?\nA) x\nB) y\nC) z\nD) t\nHəll: Düzgün cavab A variantıdır.",
        "B",
    );
    check("azerbaijani", "Düşünək. Sual: Kim? Düzgün cavab B variantıdır.", "B");
    check("turkish", "Soru: Kaç?\nA) on iki\nB) on beş\nC) yirmi\nD) otuz\n\nCevap: D", "D");
    check("turkish", "Bakalım.\nSoru: Kaç?\nA) on iki\nB) on beş\nC) yirmi\nD) otuz\n\nCevap: D", "D");
}

#[test]
fn words_for_option() {
    check("turkish", "Bu durumda B seçeneği doğrudur.", "B");
    check("turkish", "Doğru seçenek: B", "B");
    check("kazakh", "Сондықтан B нұсқасы дұрыс.", "B");
    check("uzbek", "Demak, B varianti to‘g‘ri.", "B");
    check("uyghur", "شۇڭا B ۋارىيانتى توغرا", "B");
    check("tatar", "Димәк, дөресе – В варианты.", "B");
    check("azerbaijani", "A variantı yanlışdır, B variantı doğrudur.", "B");
}

#[test]
fn no_single_letter() {
    check("azerbaijani", "Düzgün cavab: A və C variantları doğrudur.", "-");
    check("azerbaijani", "Cavab: A, C, D", "-");
    check("azerbaijani", "Cavab: Azot", "-");
    check("azerbaijani", "Düzgün cavab yoxdur.", "-");
    check("uyghur", "A ۋە C جاۋابلىرى توغرا.", "-");
    check("turkish", "C-H bağı kırılır.", "-");
    check("turkish", "A = B + C", "-");
    check_options("crimean-tatar", "Cevap: D", &["bir", "eki", "üç"], "-");
}

#[test]
fn initials_are_no_second_letter() {
    let writers = ["А. Құнанбаев.", "М. Жұмабаев.", "С. Сейфуллин.", "В. Серов."];
    check_options("kazakh", "Жауап: D, В. Серов.", &writers, "D");
    check_options("kazakh", "Жауап: **A, А. Құнанбаев**.", &writers, "A");
    check_options("kazakh", "С. Сейфуллин", &writers, "C");
}

#[test]
fn cyrillic_labels() {
    check("tatar", "А) бер\nБ) ике\nВ) өч\nГ) дүрт\n\nҖавап: В", "C");
    check("tatar", "Җавап: Г) дүрт", "D");
    check("tatar", "Җавап: В", "B");
    check("tatar", "Җавап: Д", "D");
}

#[test]
fn options_by_their_text() {
    let cities = ["Bakı", "Gəncə", "Şəki", "Qəbələ"];
    check_options("azerbaijani", "Paytaxt Bakıdır.", &cities, "A");
    check_options("azerbaijani", "Gəncə", &cities, "B");
    check_options("azerbaijani", "Cavab: Şəki", &cities, "C");
    check_options("azerbaijani", "Addım-addım düşünək. Bu, Qəbələdir.", &cities, "D");
    check_options("azerbaijani", "Paytaxt Bakıdır. Digər variantlar səhvdir.", &cities, "A");
    check_options("azerbaijani", "Zirvə 8848 metrdir.", &["7623m", "8797m", "1324m", "8848m"], "D");
    check_options("azerbaijani", "Zirvə 18848 metrdir.", &["7623m", "8797m", "1324m", "8848m"], "-");
    check_options("azerbaijani", "Bakı ilə Gəncə böyük şəhərlərdir.", &cities, "-");
    check_options("azerbaijani", "Bunların heç biri deyil: Bakı.", &cities, "-");
    check_options("turkish", "\\[ \\boxed{24} \\]", &["12", "24", "36", "48"], "B");
    check_options("turkish", "Sonuç \\boxed{\\frac{5}{3}} olur.", &["3/5", "5/3", "5", "3"], "B");
    check_options("turkish", "Toplam 124 olur.", &["12", "24", "36", "48"], "-");
    check_options("turkish", "Cevap: 2,4", &["2", "4", "2,4", "24"], "C");
    let language = Language::named("azerbaijani").unwrap();
    assert_eq!(robust::extract("Paytaxt Bakıdır.", language, &cities.map(String::from), false), None);
}

#[test]
fn boxed_bold_and_labelled() {
    check("turkish", "Hesaplarsak \\boxed{\\text{D}} bulunur.", "D");
    check("uzbek", "Hisoblaymiz.\n\n**D) otuz**", "D");
    check("turkish", "İncelersek D) otuz çıkar.", "D");
    check("turkish", "A) hayır\nB) hayır\nC) hayır\nD) hayır", "-");
    check("turkish", "A) on iki – yanlış\nB) on beş – doğru\nC) yirmi – yanlış", "B");
    check("uzbek", "A) o‘n ikki – noto‘g‘ri\nB) o‘n besh – to‘g‘ri\nC) yigirma – noto‘g‘ri", "B");
    check("kazakh", "A) on iki: дұрыс емес\nB) on beş: дұрыс\nC) yirmi: қате\nD) otuz: қате", "B");
    check("uyghur", "شۇڭا، C) yirmi توغرا جاۋاب ھېسابلىنىدۇ. چۈنكى D) otuz چوڭ.", "C");
    check("kazakh", "Қорытынды: **D, otuz**.", "D");
    check("turkish", "A) doğru\nB) doğru\nC) yanlış", "-");
    check("turkish", "Cevap: yirmi adettir (C)", "C");
    check("uzbek", "Javob: To‘g‘ri variant C", "C");
    check("turkish", "B on beş, çünkü öyle.", "B");
    check("turkish", "Hesap yapalım.\nB. on beş", "B");
    check("turkish", "D) otuz\n\nAçıklama: A) on iki küçüktür.", "D");
}

#[test]
fn every_language_reads_its_own_words() {
    for language in &LANGUAGES {
        for word in [language.answer_word.to_owned(), language.lower_answer_word(), language.answer_word.to_uppercase()] {
            for tail in [": D", ": D) otuz", " D.", ":\nD", " – D", ": **D**"] {
                check(language.name, &format!("{word}{tail}"), "D");
            }
        }
    }
}
