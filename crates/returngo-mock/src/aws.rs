//! The API gateway in front of ReturnGO: ids that its support asks for (docs/evidence/returngo.md#access-and-quota).

use api_mock_core::Response;

/// Numbers the answers.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    answers: u64,
}

impl Gateway {
    /// Adds the headers that every answer carries.
    pub(crate) fn sign(&mut self, response: Response) -> Response {
        self.answers += 1;
        let number = self.answers;
        response
            .header("x-amzn-requestid", format!("00000000-0000-4000-8000-{number:012}"))
            .header("x-amz-apigw-id", format!("mock{number:08}="))
            .header("x-amzn-trace-id", format!("Root=1-00000000-{number:024}"))
    }
}
