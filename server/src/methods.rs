//! The methods that there are, from the descriptors that reflection has: what is asked for by another path
//! is one method, "other", however many of those there are.

use std::{collections::HashMap, sync::LazyLock};

use basma_proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::FileDescriptorSet;

/// A method, as those who count and limit calls see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    /// Service and method, without the package.
    pub(crate) name: &'static str,
    /// The caller may send any number of messages.
    pub(crate) takes_stream: bool,
    /// It may be answered by any number of messages.
    pub(crate) gives_stream: bool,
    /// It asks how the server is, and needs no token: what it takes is taken from no other.
    pub(crate) probes: bool,
}

/// Every path that is not a method's.
const OTHER: Method = Method {
    name: "other",
    takes_stream: false,
    gives_stream: false,
    probes: false,
};

/// The method of a request's path.
pub(crate) fn method(path: &str) -> Method {
    static METHODS: LazyLock<HashMap<String, Method>> = LazyLock::new(all);
    METHODS.get(path).copied().unwrap_or(OTHER)
}

fn all() -> HashMap<String, Method> {
    let sets = [
        FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let mut methods = HashMap::new();
    let files = sets.map(|set| FileDescriptorSet::decode(set).unwrap_or_default().file);
    for file in files.iter().flatten() {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let name = format!("{}/{}", service.name(), method.name());
                let found = Method {
                    // Once a process, and as many as there are methods.
                    name: name.leak(),
                    takes_stream: method.client_streaming(),
                    gives_stream: method.server_streaming(),
                    probes: path.starts_with("/grpc.health.v1.Health/"),
                };
                methods.insert(path, found);
            }
        }
    }
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_methods_and_anything_else_is_one() {
        let submit = method("/basma.v1.DedupService/Submit");
        assert_eq!(submit.name, "DedupService/Submit");
        assert!(!submit.takes_stream && !submit.gives_stream && !submit.probes);
        let stream = method("/basma.v1.DedupService/SubmitStream");
        assert!(stream.takes_stream && stream.gives_stream);
        assert!(method("/basma.v1.BackupService/Backup").gives_stream);
        assert!(method("/grpc.health.v1.Health/Check").probes);
        let watch = method("/grpc.health.v1.Health/Watch");
        assert!(watch.probes && watch.gives_stream);
        let reflection = method("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
        assert!(reflection.takes_stream);
        assert_eq!(method("/basma.v1.DedupService/Sumbit"), OTHER);
        assert_eq!(method(""), OTHER);
    }
}
