"""A scenario that every generated client must pass, in Python. The first argument is the service's address."""

import secrets
import sys
import uuid

import chat_client as chat

host = sys.argv[1]


def client_for(token=None):
    return chat.ApiClient(chat.Configuration(host=host, access_token=token))


def new_person(name):
    account = dict(username=f"{name}-{secrets.token_hex(6)}", password="correct horse battery")
    users = chat.UsersApi(client_for())
    profile = users.register_user(chat.RegisterBody(email=f"{account['username']}@example.org", **account))
    tokens = users.log_in(chat.LoginBody(**account))
    return profile, client_for(tokens.access_token)


def error_of(call):
    try:
        call()
    except chat.ApiException as refused:
        return refused.data
    raise AssertionError("this should have been refused")


anybody = chat.UsersApi(client_for())
wrong = error_of(lambda: anybody.log_in(chat.LoginBody(username="nobody", password="wrong")))
assert (wrong.status_code, wrong.code) == (401, "invalid_credentials"), wrong

ada, client = new_person("ada")
grace, _ = new_person("grace")
chats, messages, real_time = chat.ChatsApi(client), chat.MessagesApi(client), chat.RealTimeApi(client)

direct = chats.create_chat(chat.CreateChatBody(chat_type="direct", participant_ids=[grace.id]))
again = chats.create_chat(chat.CreateChatBody(chat_type="direct", participant_ids=[grace.id]))
assert direct.id == again.id and direct.peer.username == grace.username
group = chats.create_chat(chat.CreateChatBody(chat_type="group", name="Engines", participant_ids=[grace.id]))
assert [one.username for one in group.participants] == [ada.username, grace.username]
nameless = error_of(lambda: chats.create_chat(chat.CreateChatBody(chat_type="group", participant_ids=[grace.id])))
assert nameless.code == "validation_failed" and nameless.errors[0].path == "name", nameless
assert {one.id for one in chats.list_chats().items} == {direct.id, group.id}

word = f"w{secrets.token_hex(8)}"
body = chat.SendMessageBody(chat_id=group.id, content=f"One {word}", client_message_id=uuid.uuid4())
first = messages.send_message(body)
repeated = messages.send_message(body)
assert repeated.id == first.id and repeated.duplicate and not first.duplicate
for text in ("Two", "Three"):
    messages.send_message(chat.SendMessageBody(chat_id=group.id, content=text))

page = messages.list_messages(group.id, page=1, limit=2)
assert [one.seq for one in page.items] == [3, 2] and (page.total, page.pages) == (3, 2)
assert page.has_more is None
newer = messages.list_messages(group.id, after_seq=0, limit=2)
assert [one.seq for one in newer.items] == [1, 2] and newer.has_more and newer.next_after_seq == 2
older = messages.list_messages(group.id, before_seq=2)
assert [one.content for one in older.items] == [f"One {word}"] and older.next_before_seq is None
assert older.total is None

found = messages.search_messages(word)
assert [one.id for one in found.items] == [first.id] and found.total == 1

known = chat.KnownChat(chat_id=group.id, rev=0)
answer = messages.sync(chat.SyncBody(chats=[known]))
assert [one.chat_id for one in answer.chats] == [group.id] and len(answer.chats[0].messages) == 3
assert [one.id for one in answer.joined] == [direct.id] and answer.left == []

assert real_time.issue_ticket().expires_in == 60
assert real_time.get_stats().total_connections >= 0

# New fields of responses and new error codes may appear without notice.
tomorrow = chat.ApiError.from_dict({"detail": "No.", "status_code": 404, "code": "brand_new", "more": {"a": 1}})
assert tomorrow.code == "brand_new"
