//! The call of `grpc.health.v1`.

use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::Client;
use crate::error::Error;

impl Client {
    /// Asks whether a service takes calls; an empty name means the server as a whole.
    ///
    /// # Errors
    /// `NOT_FOUND` if the server does not know the service; [`Error::Unreachable`] if there is no
    /// server.
    pub async fn health(&self, service: &str) -> Result<ServingStatus, Error> {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let response = self
            .call(request, |calls, request| async move {
                HealthClient::new(calls).check(request).await
            })
            .await?;
        Ok(response.status())
    }
}
