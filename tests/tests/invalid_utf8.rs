//! A `string` that is not UTF-8, as careless clients in other languages send it.

use basma_proto::v1::{SubmitResponse, SubmitStreamResponse, Verdict};
use basma_tests::{Refusal, Server, article, refusal};
use prost::Message;
use tonic::{Code, Request, client::Grpc, transport::Channel};
use tonic_prost::ProstCodec;

/// `SubmitRequest` and `SubmitStreamRequest` with bytes where they have strings: on the wire there is
/// no difference.
#[derive(Clone, PartialEq, Message)]
struct Submission {
    #[prost(bytes = "vec", tag = "1")]
    collection: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    article: Option<RawArticle>,
}

#[derive(Clone, PartialEq, Message)]
struct RawArticle {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    text: Vec<u8>,
}

fn submission(id: &[u8], text: &[u8]) -> Submission {
    let article = Some(RawArticle {
        id: id.to_vec(),
        text: text.to_vec(),
    });
    Submission {
        collection: Vec::new(),
        article,
    }
}

async fn client(server: &Server) -> Grpc<Channel> {
    let mut client = Grpc::new(server.channel().await);
    client.ready().await.expect("a connection");
    client
}

fn malformed() -> Refusal {
    Refusal::new(Code::InvalidArgument, "MESSAGE_MALFORMED", "")
}

/// بصمة in windows-1256, which is not UTF-8.
const WINDOWS_1256: &[u8] = &[0xc8, 0xd5, 0xe3, 0xc9];

#[tokio::test]
async fn is_the_callers_fault_and_says_where_such_text_goes() {
    let server = Server::start().await;
    let path = || "/basma.v1.DedupService/Submit".parse().expect("a path");
    for bad in [
        submission(b"1", WINDOWS_1256),
        submission(WINDOWS_1256, b"text"),
    ] {
        let codec = ProstCodec::<Submission, SubmitResponse>::default();
        let answer = client(&server)
            .await
            .unary(Request::new(bad), path(), codec)
            .await;
        let status = answer.expect_err("a refusal");
        assert_eq!(Refusal::from(&status), malformed());
        assert!(status.message().contains("encoded_text"), "{status:?}");
    }
    // The same way with good bytes works, so it was the bytes.
    let codec = ProstCodec::<Submission, SubmitResponse>::default();
    let good = Request::new(submission("خبر".as_bytes(), "بصمة".as_bytes()));
    let answer = client(&server)
        .await
        .unary(good, path(), codec)
        .await
        .expect("an answer");
    let answer = answer.into_inner().answer.expect("an answer");
    assert_eq!(
        (answer.id.as_str(), answer.verdict()),
        ("خبر", Verdict::New)
    );
}

#[tokio::test]
async fn ends_a_stream_after_what_was_answered() {
    let server = Server::start().await;
    let requests = tokio_stream::iter([
        submission(b"1", "نص".as_bytes()),
        submission(b"2", WINDOWS_1256),
        submission(b"3", "نص".as_bytes()),
    ]);
    let path = "/basma.v1.DedupService/SubmitStream"
        .parse()
        .expect("a path");
    let codec = ProstCodec::<Submission, SubmitStreamResponse>::default();
    let answers = client(&server)
        .await
        .streaming(Request::new(requests), path, codec)
        .await;
    let mut answers = answers.expect("a stream").into_inner();
    let first = answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");
    assert_eq!(first.result.expect("a result").id, "1");
    assert_eq!(refusal(answers.message().await), malformed());
    let after = server.submit(article("4", "نص")).await;
    assert_eq!(
        (after.verdict(), after.canonical_id.as_str()),
        (Verdict::Exact, "1")
    );
}
