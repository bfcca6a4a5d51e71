import chat.apis.ChatsApi
import chat.apis.MessagesApi
import chat.apis.RealTimeApi
import chat.apis.UsersApi
import chat.infrastructure.ClientError
import chat.infrastructure.ClientException
import chat.infrastructure.Serializer
import chat.models.*
import java.util.UUID
import kotlin.system.exitProcess

// A scenario that every generated client must pass, in Kotlin. The first argument is the service's address.

private class Account(host: String, name: String) {
    private val username = "$name-${UUID.randomUUID().toString().take(13)}"
    private val password = "correct horse battery"
    private val users = UsersApi(host)
    val profile = users.registerUser(RegisterBody(username, "$username@example.org", password))
    val token = users.logIn(LoginBody(username, password)).accessToken
}

private fun errorFrom(json: String): ApiError = Serializer.moshi.adapter(ApiError::class.java).fromJson(json)!!

private fun errorOf(call: () -> Unit): ApiError {
    try {
        call()
    } catch (refused: ClientException) {
        return errorFrom((refused.response as ClientError<*>).body as String)
    }
    error("this should have been refused")
}

fun main(arguments: Array<String>) {
    val host = arguments[0]
    val wrong = errorOf { UsersApi(host).logIn(LoginBody("nobody", "wrong")) }
    check(wrong.code == "invalid_credentials" && wrong.statusCode == 401) { wrong }

    val ada = Account(host, "ada")
    val grace = Account(host, "grace").profile
    val chats = ChatsApi(host).apply { accessTokenProvider = { ada.token } }
    val messages = MessagesApi(host).apply { accessTokenProvider = { ada.token } }
    val realTime = RealTimeApi(host).apply { accessTokenProvider = { ada.token } }

    val open = CreateChatBody(CreateChatBody.ChatType.direct, listOf(grace.id))
    val direct = chats.createChat(open)
    check(chats.createChat(open).id == direct.id && direct.peer?.username == grace.username) { direct }
    val nameless = CreateChatBody(CreateChatBody.ChatType.group, listOf(grace.id))
    val refused = errorOf { chats.createChat(nameless) }
    check(refused.code == "validation_failed" && refused.errors?.first()?.path == "name") { refused }
    val group = chats.createChat(nameless.copy(name = "Engines"))
    check(group.participants.map { it.username } == listOf(ada.profile.username, grace.username)) { group }
    check(chats.listChats().items.map { it.id }.toSet() == setOf(direct.id, group.id))

    val word = "w" + UUID.randomUUID().toString().replace("-", "")
    val body = SendMessageBody(group.id, "One $word", UUID.randomUUID())
    val first = messages.sendMessage(body)
    val repeated = messages.sendMessage(body)
    check(repeated.id == first.id && repeated.duplicate == true && first.duplicate != true) { repeated }
    for (text in listOf("Two", "Three")) messages.sendMessage(SendMessageBody(group.id, text))

    val page = messages.listMessages(group.id, page = 1, limit = 2)
    check(page.items.map { it.seq } == listOf(3L, 2L) && page.total == 3L && page.pages == 2L) { page }
    check(page.hasMore == null) { page }
    val newer = messages.listMessages(group.id, afterSeq = 0, limit = 2)
    check(newer.items.map { it.seq } == listOf(1L, 2L) && newer.hasMore == true && newer.nextAfterSeq == 2L) { newer }
    val older = messages.listMessages(group.id, beforeSeq = 2)
    check(older.items.map { it.seq } == listOf(1L) && older.hasMore == false && older.total == null) { older }

    val found = messages.searchMessages(word)
    check(found.total == 1L && found.items.single().id == first.id) { found }

    val answer = messages.sync(SyncBody(listOf(KnownChat(group.id, 0))))
    check(answer.chats.single().messages.size == 3) { answer }
    check(answer.joined.single().id == direct.id && answer.left.isEmpty()) { answer }

    check(realTime.issueTicket().expiresIn == 60L)
    check(realTime.getStats().totalConnections >= 0)

    // New fields of responses and new error codes may appear without notice.
    val tomorrow = errorFrom("""{"detail":"No.","status_code":404,"code":"brand_new","more":{"a":1}}""")
    check(tomorrow.code == "brand_new") { tomorrow }
    exitProcess(0)
}
