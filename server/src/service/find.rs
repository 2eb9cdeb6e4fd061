//! `FindDuplicates`: what is near an indexed article or a SimHash.

use basma_engine::{MAX_DISTANCE, SimHash};
use basma_proto::v1::{self, find_duplicates_request::Query};

use super::Service;
use crate::{auth::Access, convert, failure::Failure};

impl Service {
    pub(super) async fn find(
        &self,
        access: &Access,
        request: &v1::FindDuplicatesRequest,
    ) -> Result<v1::FindDuplicatesResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let most = convert::max_matches(request.max_matches)?;
        if let Some(distance) = request.distance
            && distance > MAX_DISTANCE
        {
            let message = format!("must be 0 to {MAX_DISTANCE}, not {distance}");
            return Err(Failure::invalid(
                "DISTANCE_OUT_OF_RANGE",
                "distance",
                message,
            ));
        }
        let (matches, truncated) = match &request.query {
            Some(Query::Id(id)) => {
                let article = index.get(id).await?;
                let article = article.ok_or_else(|| Failure::article_not_found(id))?;
                let simhash = article.fingerprint.simhash;
                match request.distance {
                    Some(distance) => {
                        let near = index.find_near(simhash, distance, Some(&article), most);
                        near.await?
                    }
                    None => index.find_related(&article, most).await?,
                }
            }
            Some(Query::Simhash(simhash)) => {
                let distance = required(request.distance)?;
                index
                    .find_near(SimHash(*simhash), distance, None, most)
                    .await?
            }
            Some(Query::SimhashHex(digits)) => {
                let (simhash, distance) = (simhash(digits)?, required(request.distance)?);
                index.find_near(simhash, distance, None, most).await?
            }
            None => {
                let message = "there is neither an id nor a SimHash to look for";
                return Err(Failure::invalid("QUERY_MISSING", "query", message));
            }
        };
        Ok(v1::FindDuplicatesResponse {
            matches: convert::answer::matches(matches),
            truncated,
        })
    }
}

fn required(distance: Option<u32>) -> Result<u32, Failure> {
    let message = format!("a SimHash needs a distance, 0 to {MAX_DISTANCE}");
    distance.ok_or_else(|| Failure::invalid("DISTANCE_MISSING", "distance", message))
}

fn simhash(digits: &str) -> Result<SimHash, Failure> {
    let message = format!("{digits:?} is not a SimHash: 16 hexadecimal digits");
    let malformed = || Failure::invalid("SIMHASH_MALFORMED", "simhash_hex", message);
    // The parser of integers also takes a sign.
    if digits.len() != 16 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    digits.parse().map_err(|_| malformed())
}
