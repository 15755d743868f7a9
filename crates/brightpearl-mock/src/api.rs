use std::{borrow::Cow, sync::Arc};

use api_mock_core::{Context, MockedApi, Refusal, Request, Response};
use jiff::civil::Date;

use crate::{
    Seed, SeedError, Switches,
    gateway::{
        Answer, Call, Problem, THROTTLED, TOKEN_EXPIRED, Throttle, Window, error_body, headers, oauth,
        refusal_body, sentence,
    },
    integration, multi_message,
    router::{Route, route},
    shop_connector,
    state::Account,
};

/// The mocked API: one account behind Brightpearl's gateway.
pub struct Brightpearl {
    account: Account,
    /// The initial switches, which a reset restores.
    switches: Switches,
    throttle: Throttle,
    /// The number of answers, for their `Ruid`.
    answers: u64,
}

impl std::fmt::Debug for Brightpearl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Brightpearl({})", self.account.code)
    }
}

/// The message type of the gateway's own answers.
const GATEWAY: &str = "api-proxy";

impl Brightpearl {
    /// Creates an account from a seed.
    ///
    /// # Errors
    /// The seed is invalid, for example because it refers to something that it does not contain.
    pub fn new(seed: Seed, switches: Switches) -> Result<Self, SeedError> {
        Account::from_seed(seed).map(|account| Self::of(account, switches))
    }

    /// Creates the API of an account.
    pub fn of(account: Account, switches: Switches) -> Self {
        let account = Account { switches, ..account };
        Self { account, switches, throttle: Throttle::default(), answers: 0 }
    }

    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) const fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    /// Creates an authorization code, as a user's consent with this redirect URI would.
    pub(crate) fn new_authorization_code(&mut self, redirect_uri: &str) -> String {
        self.account.credentials.oauth.new_code(redirect_uri)
    }

    /// Locks accounting up to and including a day. None unlocks it.
    pub(crate) const fn lock_accounting(&mut self, until: Option<Date>) {
        self.account.locked_until = until;
    }

    /// Changes the switches until the next reset.
    pub(crate) const fn set_switches(&mut self, switches: Switches) {
        self.account.switches = switches;
    }

    /// Sets the request limit per minute. None disables the throttle.
    pub const fn set_throttle(&mut self, limit: Option<u32>) {
        self.throttle.set_limit(limit);
    }

    /// Makes the changes that the account itself makes over time, up to now: the shop connector cancels sales some
    /// minutes after it has reversed them. Every request and every action does this first.
    pub(crate) fn catch_up(&mut self, context: &mut Context) {
        while let Some(time) = shop_connector::cancel_next(&mut self.account, context.now) {
            for delivery in integration::deliveries(&mut self.account, time) {
                context.deliver(delivery);
            }
        }
    }

    /// Checks throttle, account and credentials of a request and passes it to its resource.
    fn answer(&mut self, request: &Request, context: &mut Context, window: &Window) -> Response {
        if window.exceeded {
            return self.throttled(window);
        }
        let Target { account, route } = Target::of(request);
        if let Some(other) = account.filter(|code| *code != self.account.code) {
            let text = format!("Account '{other}' does not have API access");
            return self.unauthorised(error_body(&Problem::new(401, "GWYB-003", text)), window);
        }
        if let Err(refusal) = self.account.credentials.authenticate(request, context.now) {
            return self.unauthorised(sentence(&refusal.text()), window);
        }
        let Some((route, parameters)) = route else {
            let problem = Problem::not_found(format!("Cannot find the resource {}", request.path));
            return self.refused(&problem, GATEWAY, window);
        };
        let switches = self.account.switches;
        let call = Call { request, parameters, now: context.now, switches, faults: &context.faults };
        let outcome = (route.handler)(&mut self.account, &call);
        for delivery in integration::deliveries(&mut self.account, context.now) {
            context.deliver(delivery);
        }
        std::mem::take(&mut self.account.parts).into_iter().for_each(|part| context.log_part(part));
        match outcome {
            Ok(answer) => self.accepted(&answer, route.message_type, window),
            Err(problem) => self.refused(&problem.under(switches), route.refused_message_type(), window),
        }
    }

    fn accepted(&mut self, answer: &Answer, message_type: &str, window: &Window) -> Response {
        self.respond(answer.status, answer.body.to_string(), message_type, window, true)
    }

    fn refused(&mut self, problem: &Problem, message_type: &str, window: &Window) -> Response {
        let response = self.respond(problem.status, error_body(problem), message_type, window, true);
        match &problem.hint {
            Some(hint) => response.header("Mock-Hint", hint.replace(|c: char| c.is_control(), " ")),
            None => response,
        }
    }

    /// An authentication error. It has no instance id, because the caller is not known (recorded).
    fn unauthorised(&mut self, body: String, window: &Window) -> Response {
        self.respond(401, body, GATEWAY, window, false)
    }

    fn throttled(&mut self, window: &Window) -> Response {
        let headers = self.account.switches.throttle_headers_when_throttled;
        let window = Window { remaining: window.remaining.filter(|_| headers).map(|_| 0), ..*window };
        self.respond(503, sentence(THROTTLED), GATEWAY, &window, false)
    }

    fn respond(
        &mut self,
        status: u16,
        body: String,
        message_type: &str,
        window: &Window,
        known: bool,
    ) -> Response {
        self.answers += 1;
        let response = Response::new(status, "application/json;charset=UTF-8", body);
        let instance = known.then(|| self.account.instance.get());
        headers(response, message_type, self.answers, window, instance)
    }
}

/// The account and route of a request.
struct Target<'r> {
    /// The account code in the path. None if the path is not one of the API.
    account: Option<Cow<'r, str>>,
    /// The route and its path parameters.
    route: Option<(&'static Route, Vec<Cow<'r, str>>)>,
}

impl<'r> Target<'r> {
    fn of(request: &'r Request) -> Self {
        let segments = request.segments();
        match segments.as_slice() {
            [api, account, resource @ ..] if api == "public-api" => {
                let batch = multi_message::route(&request.method, resource).map(|route| (route, Vec::new()));
                let route = batch.or_else(|| route(&request.method, resource));
                Self { account: Some(account.clone()), route }
            }
            _ => Self { account: None, route: None },
        }
    }
}

impl MockedApi for Brightpearl {
    fn operation(&self, request: &Request) -> Option<String> {
        if let Some((endpoint, _)) = oauth::Endpoint::of(request) {
            return Some(endpoint.operation().to_owned());
        }
        Target::of(request).route.map(|(route, _)| route.message_type.to_owned())
    }

    fn handle(&mut self, request: &Request, context: &mut Context) -> Response {
        self.catch_up(context);
        // The token endpoints are neither throttled nor authenticated like the API.
        let switches = self.account.switches;
        let oauth = &mut self.account.credentials.oauth;
        if let Some(response) = oauth.answer(request, context.now, &switches) {
            return response;
        }
        let window = self.throttle.count(context.now);
        self.answer(request, context, &window)
    }

    fn refuse(&mut self, refusal: Refusal, request: &Request, context: &mut Context) -> Response {
        self.catch_up(context);
        if oauth::Endpoint::of(request).is_some() {
            return oauth::refusal(refusal);
        }
        let window = self.throttle.count(context.now);
        match refusal {
            Refusal::Status500 => {
                let message_type = self.operation(request).unwrap_or_else(|| GATEWAY.to_owned());
                self.refused(&Problem::internal(None), &message_type, &window)
            }
            Refusal::Status503 => {
                let (status, body) = refusal_body(refusal);
                self.respond(status, body, GATEWAY, &window, false)
            }
            Refusal::Throttle => self.throttled(&window),
            Refusal::TokenExpired => self.unauthorised(sentence(TOKEN_EXPIRED), &window),
        }
    }

    fn control(&mut self, route: &str, request: &Request, context: &mut Context) -> Option<Response> {
        self.catch_up(context);
        self.answer_control(route, request, context)
    }

    fn reset(&mut self) {
        // The seed was valid before, so it is valid again.
        if let Ok(account) = Account::from_seed(Arc::clone(&self.account.seed)) {
            self.account = Account { switches: self.switches, ..account };
        }
        self.throttle = Throttle::default();
    }

    fn introduction(&self) -> String {
        let Seed { account, app_ref, token, .. } = self.account.seed.as_ref();
        format!("account={account} app-ref={app_ref} token={token}")
    }
}
