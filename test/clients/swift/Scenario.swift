import ChatClient
import Foundation

// A scenario that every generated client must pass, in Swift. The first argument is the service's address.

let host = CommandLine.arguments[1]

func check(_ holds: Bool, _ what: String, _ seen: Any = "") {
    if !holds { fatalError("\(what): \(seen)") }
}

func errorOf<Answer>(_ call: () async throws -> Answer) async throws -> ApiError {
    do {
        _ = try await call()
    } catch ErrorResponse.error(_, let body?, _, _) {
        return try CodableHelper().jsonDecoder.decode(ApiError.self, from: body)
    }
    fatalError("this should have been refused")
}

func randomText() -> String { UUID().uuidString.replacingOccurrences(of: "-", with: "") }

struct Person {
    let profile: OwnProfile
    let configuration: ChatClientAPIConfiguration

    init(_ name: String) async throws {
        let username = "\(name)-\(randomText().prefix(12))"
        let password = "correct horse battery"
        let anybody = ChatClientAPIConfiguration(basePath: host)
        let account = RegisterBody(username: username, email: "\(username)@example.org", password: password)
        profile = try await UsersAPI.registerUser(registerBody: account, apiConfiguration: anybody)
        let credentials = LoginBody(username: username, password: password)
        let tokens = try await UsersAPI.logIn(loginBody: credentials, apiConfiguration: anybody)
        let headers = ["Authorization": "Bearer \(tokens.accessToken)"]
        configuration = ChatClientAPIConfiguration(basePath: host, customHeaders: headers)
    }
}

let wrong = try await errorOf {
    let nobody = LoginBody(username: "nobody", password: "wrong")
    return try await UsersAPI.logIn(loginBody: nobody, apiConfiguration: ChatClientAPIConfiguration(basePath: host))
}
check(wrong.code == "invalid_credentials" && wrong.statusCode == 401, "a wrong password", wrong)

let ada = try await Person("ada")
let grace = try await Person("grace").profile
let asAda = ada.configuration

let open = CreateChatBody(chatType: .direct, participantIds: [grace.id])
let direct = try await ChatsAPI.createChat(createChatBody: open, apiConfiguration: asAda)
let again = try await ChatsAPI.createChat(createChatBody: open, apiConfiguration: asAda)
check(again.id == direct.id && direct.peer?.username == grace.username, "a direct chat", direct)
var named = CreateChatBody(chatType: .group, participantIds: [grace.id])
let nameless = named
let refused = try await errorOf {
    try await ChatsAPI.createChat(createChatBody: nameless, apiConfiguration: asAda)
}
check(refused.code == "validation_failed" && refused.errors?.first?.path == "name", "a group without a name", refused)
named.name = "Engines"
let group = try await ChatsAPI.createChat(createChatBody: named, apiConfiguration: asAda)
check(group.participants.map(\.username) == [ada.profile.username, grace.username], "a group", group)
let chats = try await ChatsAPI.listChats(apiConfiguration: asAda)
check(Set(chats.items.map(\.id)) == [direct.id, group.id], "the list of chats", chats)

let word = randomText()
let body = SendMessageBody(chatId: group.id, content: "One \(word)", clientMessageId: UUID())
let first = try await MessagesAPI.sendMessage(sendMessageBody: body, apiConfiguration: asAda)
let repeated = try await MessagesAPI.sendMessage(sendMessageBody: body, apiConfiguration: asAda)
check(repeated.id == first.id && repeated.duplicate == true && first.duplicate != true, "a repeated send", repeated)
for text in ["Two", "Three"] {
    let message = SendMessageBody(chatId: group.id, content: text)
    _ = try await MessagesAPI.sendMessage(sendMessageBody: message, apiConfiguration: asAda)
}

let page = try await MessagesAPI.listMessages(chatId: group.id, page: 1, limit: 2, apiConfiguration: asAda)
check(page.items.map(\.seq) == [3, 2] && page.total == 3 && page.pages == 2 && page.hasMore == nil, "a page", page)
let newer = try await MessagesAPI.listMessages(chatId: group.id, limit: 2, afterSeq: 0, apiConfiguration: asAda)
check(newer.items.map(\.seq) == [1, 2] && newer.hasMore == true && newer.nextAfterSeq == 2, "after a cursor", newer)
let older = try await MessagesAPI.listMessages(chatId: group.id, beforeSeq: 2, apiConfiguration: asAda)
check(older.items.map(\.seq) == [1] && older.hasMore == false && older.total == nil, "before a cursor", older)

let found = try await MessagesAPI.searchMessages(q: word, apiConfiguration: asAda)
check(found.total == 1 && found.items.first?.id == first.id, "a search", found)

let known = SyncBody(chats: [KnownChat(chatId: group.id, rev: 0)])
let answer = try await MessagesAPI.sync(syncBody: known, apiConfiguration: asAda)
check(answer.chats.first?.messages.count == 3, "a sync", answer)
check(answer.joined.map(\.id) == [direct.id] && answer._left.isEmpty, "a sync of what is new", answer)

let ticket = try await RealTimeAPI.issueTicket(apiConfiguration: asAda)
check(ticket.expiresIn == 60, "a ticket")
_ = try await RealTimeAPI.getStats(apiConfiguration: asAda)

// New fields of responses and new error codes may appear without notice.
let unknown = Data(#"{"detail":"No.","status_code":404,"code":"brand_new","more":{"a":1}}"#.utf8)
let tomorrow = try CodableHelper().jsonDecoder.decode(ApiError.self, from: unknown)
check(tomorrow.code == "brand_new", "an error of tomorrow", tomorrow)
