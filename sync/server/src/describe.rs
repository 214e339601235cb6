//! What the API is, made of the types it speaks: `docs/openapi.json` for REST, `docs/room-socket.json`
//! for the messages of a room's socket.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use sync_protocol::{
    CodeAnswered, CodeAsked, Command, Envelope, FromMember, Hello, Member, PROTOCOL_VERSION, RoomState,
    Sound, ToMember,
};

use crate::bodies::{
    EventPage, Happened, InviteBody, Invited, JoinBody, Joined, PageQuery, RoomCard, Ticket, TicketBody,
};
use crate::door::Invite;

/// [`openapi`] as it is in the repository, and answered at `/api/v1/openapi.json`.
pub(crate) const COMMITTED: &str = include_str!("../../../docs/openapi.json");

/// What a request may do.
enum Who {
    Anybody,
    /// Who has a token.
    Member,
    /// Who has one, and manages the room.
    Moderator,
}

type Schema = fn(&mut SchemaGenerator) -> schemars::Schema;

struct Operation {
    method: &'static str,
    /// Below `/api/v1`.
    path: &'static str,
    summary: &'static str,
    who: Who,
    query: Option<Schema>,
    body: Option<Schema>,
    /// `None` is a file.
    answer: Option<Schema>,
}

impl Operation {
    const fn new(method: &'static str, path: &'static str, summary: &'static str, who: Who) -> Self {
        Self { method, path, summary, who, query: None, body: None, answer: None }
    }

    const fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(schema::<T>);
        self
    }

    const fn body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(schema::<T>);
        self
    }

    const fn answer<T: JsonSchema>(mut self) -> Self {
        self.answer = Some(schema::<T>);
        self
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> schemars::Schema {
    generator.subschema_for::<T>()
}

/// Every path of `/api/v1`; a test holds them against the router.
const OPERATIONS: &[Operation] = &[
    Operation::new("post", "/join", "Exchanges an invite or a token for a token.", Who::Anybody)
        .body::<JoinBody>()
        .answer::<Joined>(),
    Operation::new(
        "post",
        "/code",
        "Comes in by a short code, in two steps on one TLS connection.",
        Who::Anybody,
    )
    .body::<CodeAsked>()
    .answer::<CodeAnswered>(),
    Operation::new("get", "/openapi.json", "This description.", Who::Anybody).answer::<Value>(),
    Operation::new("get", "/rooms", "The rooms the caller may enter.", Who::Member).answer::<Vec<RoomCard>>(),
    Operation::new("get", "/state", "The room as it is.", Who::Member).answer::<RoomState>(),
    Operation::new("get", "/members", "Who is in the room, and who was.", Who::Member)
        .answer::<Vec<Member>>(),
    Operation::new(
        "post",
        "/commands",
        "Changes anything: the Command of every other way. Answered when it is safe on the host's disk.",
        Who::Member,
    )
    .body::<Command>()
    .answer::<Happened>(),
    Operation::new("get", "/invites", "The open invites.", Who::Moderator).answer::<Vec<Invite>>(),
    Operation::new("post", "/invites", "Opens an invite.", Who::Moderator)
        .body::<InviteBody>()
        .answer::<Invited>(),
    Operation::new(
        "delete",
        "/invites/{id}",
        "Takes an invite back, and sends away who came by it.",
        Who::Moderator,
    )
    .answer::<Happened>(),
    Operation::new("post", "/tickets", "Makes a URL for a stock Yjs client.", Who::Moderator)
        .body::<TicketBody>()
        .answer::<Ticket>(),
    Operation::new("get", "/files/scenes/{id}", "The text of a scene of the host's.", Who::Member),
    Operation::new(
        "get",
        "/files/assets/{id}",
        "A picture or a sample, by the SHA-256 of its bytes.",
        Who::Member,
    ),
    Operation::new(
        "get",
        "/files/sounds",
        "The samples of the host's own that the running code names, by their files.",
        Who::Member,
    )
    .answer::<Vec<Sound>>(),
    Operation::new("get", "/events", "A page of what happened.", Who::Member)
        .query::<PageQuery>()
        .answer::<EventPage>(),
    Operation::new(
        "get",
        "/export/{form}",
        "The room's whole past: `jsonl`, `md` or `html`.",
        Who::Moderator,
    ),
];

/// Returns the REST API as an OpenAPI 3.1 document.
pub fn openapi() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(format!("/api/v1{}", operation.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_owned(), describe(operation, &mut generator));
        }
    }
    // Named by every refusal.
    generator.subschema_for::<Envelope>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Jamlight",
            "version": format!("v{PROTOCOL_VERSION}"),
            "description": "The REST API of a room. Everything that changes is a Command; refusals are one envelope.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let content = |schema: Value| json!({"application/json": {"schema": schema}});
    let mut parameters: Vec<Value> = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if let Some(query) = operation.query {
        // Its fields, each a parameter.
        query(generator);
        let fields = generator.definitions().get("PageQuery").and_then(|query| query.get("properties"));
        for (name, schema) in fields.and_then(Value::as_object).into_iter().flatten() {
            parameters.push(json!({"name": name, "in": "query", "schema": schema}));
        }
    }
    let answer = match operation.answer {
        Some(answer) => content(answer(generator).to_value()),
        None => json!({"application/octet-stream": {}}),
    };
    let refusal = json!({
        "description": "Refused.",
        "content": content(json!({"$ref": "#/components/schemas/Envelope"})),
    });
    let who = match operation.who {
        Who::Anybody => "",
        Who::Member => "For members.",
        Who::Moderator => "For the host and co-hosts.",
    };
    let mut described = json!({
        "summary": operation.summary,
        "responses": {"200": {"description": "Done.", "content": answer}, "default": refusal},
    });
    if let Some(described) = described.as_object_mut() {
        if !parameters.is_empty() {
            described.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(body) = operation.body {
            let content = content(body(generator).to_value());
            described.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
        }
        if !who.is_empty() {
            described.insert("description".to_owned(), who.into());
            described.insert("security".to_owned(), json!([{"token": []}]));
        }
    }
    described
}

/// Returns the messages of a room's socket as JSON Schema: `hello` first, then `from_member` one way
/// and `to_member` the other.
pub fn room_messages() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let messages = json!({
        "hello": generator.subschema_for::<Hello>(),
        "from_member": generator.subschema_for::<FromMember>(),
        "to_member": generator.subschema_for::<ToMember>(),
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("The room socket of Jamlight, version {PROTOCOL_VERSION}"),
        "properties": messages,
        "$defs": generator.take_definitions(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_descriptions_are_what_the_types_say() {
        let committed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let advice = "write them anew: cargo run -p sync-server --example describe -- docs";
        assert!(committed(COMMITTED) == openapi(), "docs/openapi.json: {advice}");
        let messages = committed(include_str!("../../../docs/room-socket.json"));
        assert!(messages == room_messages(), "docs/room-socket.json: {advice}");
    }

    #[test]
    fn every_path_of_the_router_is_described_and_no_other() {
        let source = include_str!("api.rs");
        let routed: Vec<&str> =
            source.split(".route(\"/api/v1").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut described: Vec<&str> = OPERATIONS.iter().map(|operation| operation.path).collect();
        described.dedup();
        let mut routed: Vec<String> = routed.iter().map(|path| path.replace("{*", "{")).collect();
        let mut described: Vec<String> = described.into_iter().map(str::to_owned).collect();
        routed.sort();
        described.sort();
        assert_eq!(described, routed);
    }
}
