use crate::{RatingScale, last_rating};
use proctor_core::{Finish, JudgeError, Judges, Message, Prompt, Request, Role, Sampling};

/// What a judge model is asked: one user message, answered without chance.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeQuestion {
    /// The message.
    pub prompt: String,
    /// What is added at the end of the message when the first reply holds no rating.
    pub reminder: String,
    /// Most new tokens of a reply.
    pub max_tokens: u32,
    /// The ratings there are.
    pub scale: RatingScale,
}

/// One reply of a judge model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its text.
    pub text: String,
    /// The rating in it.
    pub rating: Option<u8>,
    /// Whether it ran out of tokens, which often cuts the rating off.
    pub truncated: bool,
    /// The judge's name as its backend reports it.
    pub model: String,
}

/// All that one judge said of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The judge as the user named it.
    pub judge: String,
    /// One reply, or two where the first held no rating.
    pub replies: Vec<Reply>,
}

impl Judgement {
    /// The rating; `None` where neither reply holds one.
    pub fn rating(&self) -> Option<u8> {
        self.replies.last().and_then(|reply| reply.rating)
    }

    /// The rating in the first reply alone.
    pub fn first_rating(&self) -> Option<u8> {
        self.replies.first().and_then(|reply| reply.rating)
    }
}

impl JudgeQuestion {
    /// The request: temperature 0. The second one differs from the first, since the same question to the same judge has
    /// the same answer.
    pub fn request(&self, again: bool) -> Request {
        let content = match again {
            false => self.prompt.clone(),
            true => format!("{}\n\n{}", self.prompt.trim_end(), self.reminder),
        };
        let sampling = Sampling { temperature: Some(0.0), max_tokens: Some(self.max_tokens.max(1)), ..Sampling::default() };
        Request::new(Prompt::Chat(vec![Message::new(Role::User, content)]), sampling)
    }
}

/// Asks the judge at `index` of [`Judges::models`], and once more where its reply holds no rating.
pub async fn rate(judges: &dyn Judges, index: usize, judge: &str, question: &JudgeQuestion) -> Result<Judgement, JudgeError> {
    let mut judgement = Judgement { judge: judge.to_owned(), replies: Vec::with_capacity(1) };
    for again in [false, true] {
        let completion = judges.ask(index, &question.request(again)).await?;
        let rating = last_rating(&completion.text, question.scale);
        judgement.replies.push(Reply {
            rating,
            truncated: completion.finish == Finish::Length,
            text: completion.text,
            model: completion.model,
        });
        if rating.is_some() {
            break;
        }
    }
    Ok(judgement)
}
