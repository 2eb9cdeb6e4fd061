//! Calls by path, with messages made by hand: of every method that there is, also of one that has come since.

use basma_proto::FILE_DESCRIPTOR_SET;
use bytes::{Buf as _, BufMut as _};
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};
use tonic::{
    Request, Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
    transport::Channel,
};

/// A method of `basma.v1`.
#[derive(Clone, Debug)]
pub struct Method {
    /// `/basma.v1.SERVICE/METHOD`.
    pub path: String,
    /// How its request names the collection: the numbers of the fields that lead to the name. Empty if it
    /// names none.
    pub collection: Vec<u32>,
}

/// All methods of `basma.v1`.
///
/// # Panics
///
/// If the descriptors are none.
pub fn methods() -> Vec<Method> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("descriptors");
    let files: Vec<_> = (files.file.into_iter())
        .filter(|file| file.package() == "basma.v1")
        .collect();
    let message = |name: &str| {
        let name = name.trim_start_matches(".basma.v1.");
        let mut messages = files.iter().flat_map(|file| &file.message_type);
        messages.find(|message| message.name() == name).cloned()
    };
    let mut methods = Vec::new();
    for service in files.iter().flat_map(|file| &file.service) {
        for method in &service.method {
            let request = message(method.input_type()).expect("a message");
            methods.push(Method {
                path: format!("/basma.v1.{}/{}", service.name(), method.name()),
                collection: collection(&request, message).unwrap_or_default(),
            });
        }
    }
    methods
}

/// Where a request has the name of its collection: in a field of that name, in one called `name`, or in
/// the `name` of a message called `collection`.
fn collection(
    request: &DescriptorProto,
    message: impl Fn(&str) -> Option<DescriptorProto>,
) -> Option<Vec<u32>> {
    let field = |of: &DescriptorProto, name| {
        let found = of.field.iter().find(|field| field.name() == name);
        found.map(|field| {
            (
                field.number() as u32,
                field.r#type(),
                field.type_name().to_owned(),
            )
        })
    };
    match (field(request, "collection"), field(request, "name")) {
        (Some((number, Type::String, _)), _) | (None, Some((number, ..))) => Some(vec![number]),
        (Some((number, _, type_name)), _) => {
            let inner = message(&type_name)?;
            let (name, ..) = field(&inner, "name")?;
            Some(vec![number, name])
        }
        (None, None) => None,
    }
}

impl Method {
    /// A request about this collection that says nothing else.
    pub fn about(&self, collection: &str) -> Vec<u8> {
        if !self.names_one() {
            return Vec::new();
        }
        let innermost_first = self.collection.iter().rev();
        innermost_first.fold(collection.as_bytes().to_vec(), |inner, number| {
            let mut field = Vec::new();
            prost::encoding::bytes::encode(*number, &inner, &mut field);
            field
        })
    }

    /// Whether the request names a collection.
    pub fn names_one(&self) -> bool {
        !self.collection.is_empty()
    }
}

/// Calls a method with this request and this token; returns the first answer.
///
/// # Errors
///
/// As the server refuses.
pub async fn call(
    channel: Channel,
    path: &str,
    request: Vec<u8>,
    token: Option<&str>,
) -> Result<Option<Vec<u8>>, Status> {
    open(channel, path, request, token).await?.message().await
}

/// Calls a method with this request and this token; returns its answers.
///
/// # Errors
///
/// As the server refuses.
///
/// # Panics
///
/// If there is no connection.
pub async fn open(
    channel: Channel,
    path: &str,
    request: Vec<u8>,
    token: Option<&str>,
) -> Result<Streaming<Vec<u8>>, Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.expect("a connection");
    let mut request = Request::new(tokio_stream::once(request));
    if let Some(token) = token {
        let value: MetadataValue<_> = format!("Bearer {token}").parse().expect("a header");
        request.metadata_mut().insert("authorization", value);
    }
    let path = path.parse().expect("a path");
    Ok(grpc.streaming(request, path, Bytes).await?.into_inner())
}

/// Messages as they are.
#[derive(Debug)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; from.remaining()];
        from.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}
