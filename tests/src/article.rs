//! Articles to send.

use basma_benches::corpus::Corpus;
pub use basma_benches::of_corpus;
use basma_proto::v1::{
    Article, BatchSubmitRequest, EncodedText, SubmitStreamRequest, article::Body,
};

/// The originals that tests take their texts from: about 120 words each.
pub fn corpus() -> Corpus {
    Corpus::new(2026).mean_words(120.0)
}

/// An article of this text.
pub fn article(id: &str, text: &str) -> Article {
    Article {
        id: id.to_owned(),
        body: Some(Body::Text(text.to_owned())),
        ..Article::default()
    }
}

/// An article of this text in another charset.
pub fn encoded(id: &str, content: &[u8], charset: &str) -> Article {
    let text = EncodedText {
        content: content.to_vec(),
        charset: charset.to_owned(),
    };
    Article {
        id: id.to_owned(),
        body: Some(Body::EncodedText(text)),
        ..Article::default()
    }
}

/// So many words of chance, which no two numbers share, and which hardly become less when compressed: 14 bytes
/// and a space each.
pub fn chance_words(number: u64, count: usize) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from_u32(0x0628 + (state >> 33) as u32 % 18).expect("a letter")
    };
    let words = (0..count).map(|_| (0..7).map(|_| letter()).collect::<String>());
    words.collect::<Vec<_>>().join(" ")
}

/// As the next request of a stream.
pub fn streamed(article: Article, request_number: u64) -> SubmitStreamRequest {
    SubmitStreamRequest {
        article: Some(article),
        request_number,
        ..SubmitStreamRequest::default()
    }
}

/// A batch of 1000 articles that takes a while: long ones, with nothing in common but their words.
pub fn large_batch() -> BatchSubmitRequest {
    let words: Vec<String> = corpus()
        .article(0)
        .text
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let text = |number: usize| {
        let word =
            |place: usize| words[(place * (number % 89 + 1) + number) % words.len()].as_str();
        (0..900).map(word).collect::<Vec<_>>().join(" ")
    };
    let articles = (0..1000).map(|number| article(&number.to_string(), &text(number)));
    BatchSubmitRequest {
        articles: articles.collect(),
        ..BatchSubmitRequest::default()
    }
}
