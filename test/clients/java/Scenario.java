import chat.ApiClient;
import chat.ApiException;
import chat.api.ChatsApi;
import chat.api.MessagesApi;
import chat.api.RealTimeApi;
import chat.api.UsersApi;
import chat.model.*;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;

/** A scenario that every generated client must pass, in Java. The first argument is the service's address. */
public final class Scenario {
  private record Person(OwnProfile profile, ApiClient client) {}

  private static void check(boolean ok, Object what) {
    if (!ok) throw new AssertionError(what);
  }

  private static Person newPerson(String host, String name) throws ApiException {
    var username = name + "-" + UUID.randomUUID().toString().substring(0, 13);
    var password = "correct horse battery";
    var client = new ApiClient().setBasePath(host);
    var users = new UsersApi(client);
    var profile = users.registerUser(
        new RegisterBody().username(username).email(username + "@example.org").password(password));
    var tokens = users.logIn(new LoginBody().username(username).password(password));
    client.setBearerToken(tokens.getAccessToken());
    return new Person(profile, client);
  }

  private static ApiError errorOf(Callable<?> call) throws Exception {
    try {
      call.call();
    } catch (ApiException refused) {
      return ApiError.fromJson(refused.getResponseBody());
    }
    throw new AssertionError("this should have been refused");
  }

  private static List<Long> seqs(List<Message> messages) {
    return messages.stream().map(Message::getSeq).toList();
  }

  public static void main(String[] arguments) throws Exception {
    var host = arguments[0];
    var anybody = new UsersApi(new ApiClient().setBasePath(host));
    var wrong = errorOf(() -> anybody.logIn(new LoginBody().username("nobody").password("wrong")));
    check(wrong.getCode().equals("invalid_credentials") && wrong.getStatusCode() == 401, wrong);

    var ada = newPerson(host, "ada");
    var grace = newPerson(host, "grace").profile();
    var chats = new ChatsApi(ada.client());
    var messages = new MessagesApi(ada.client());
    var realTime = new RealTimeApi(ada.client());

    var open = new CreateChatBody().chatType(CreateChatBody.ChatTypeEnum.DIRECT).addParticipantIdsItem(grace.getId());
    var direct = chats.createChat(open);
    check(chats.createChat(open).getId().equals(direct.getId()), direct);
    check(direct.getPeer().getUsername().equals(grace.getUsername()), direct);
    var make = new CreateChatBody().chatType(CreateChatBody.ChatTypeEnum.GROUP).addParticipantIdsItem(grace.getId());
    var nameless = errorOf(() -> chats.createChat(make));
    check(nameless.getCode().equals("validation_failed"), nameless);
    check(nameless.getErrors().get(0).getPath().equals("name"), nameless);
    var group = chats.createChat(make.name("Engines"));
    check(group.getParticipants().size() == 2, group);
    check(chats.listChats(1, 20).getTotal() == 2, "the list of chats");

    var word = "w" + UUID.randomUUID().toString().replace("-", "");
    var body = new SendMessageBody().chatId(group.getId()).content("One " + word).clientMessageId(UUID.randomUUID());
    var first = messages.sendMessage(body);
    var repeated = messages.sendMessage(body);
    check(repeated.getId().equals(first.getId()) && repeated.getDuplicate() && first.getDuplicate() == null, repeated);
    for (var text : List.of("Two", "Three")) {
      messages.sendMessage(new SendMessageBody().chatId(group.getId()).content(text));
    }

    var page = messages.listMessages(group.getId(), 1, 2, null, null);
    check(seqs(page.getItems()).equals(List.of(3L, 2L)) && page.getTotal() == 3 && page.getPages() == 2, page);
    check(page.getHasMore() == null, page);
    var newer = messages.listMessages(group.getId(), null, 2, null, 0L);
    check(seqs(newer.getItems()).equals(List.of(1L, 2L)) && newer.getHasMore(), newer);
    check(newer.getNextAfterSeq() == 2, newer);
    var older = messages.listMessages(group.getId(), null, 20, 2L, null);
    check(seqs(older.getItems()).equals(List.of(1L)) && !older.getHasMore() && older.getTotal() == null, older);

    var found = messages.searchMessages(word, 1, 20, null, null);
    check(found.getTotal() == 1 && found.getItems().get(0).getId().equals(first.getId()), found);

    var known = new KnownChat().chatId(group.getId()).rev(0L);
    var answer = messages.sync(new SyncBody().addChatsItem(known));
    check(answer.getChats().size() == 1 && answer.getChats().get(0).getMessages().size() == 3, answer);
    check(answer.getJoined().get(0).getId().equals(direct.getId()), answer);

    check(realTime.issueTicket().getExpiresIn() == 60, "a ticket");
    realTime.getStats();

    // New fields of responses and new error codes may appear without notice.
    var tomorrow = ApiError.fromJson(
        "{\"detail\":\"No.\",\"status_code\":404,\"code\":\"brand_new\",\"more\":{\"a\":1}}");
    check(tomorrow.getCode().equals("brand_new"), tomorrow);
    System.exit(0);
  }
}
