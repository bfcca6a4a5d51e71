// A scenario that every generated client must pass, in Go. The first argument is the service's address.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"chat"
)

func check(ok bool, what string, values ...any) {
	if !ok {
		panic(fmt.Sprint(append([]any{what, ": "}, values...)...))
	}
}

// must returns the result of a call, and ends the program when the call failed.
func must[Answer, Response any](answer Answer, _ Response, err error) Answer {
	if err != nil {
		panic(fmt.Sprint(err, " ", errorOf(err)))
	}
	return answer
}

func errorOf(err error) chat.ApiError {
	var refused *chat.GenericOpenAPIError
	if errors.As(err, &refused) {
		if body, ok := refused.Model().(chat.ApiError); ok {
			return body
		}
	}
	return chat.ApiError{}
}

func random() string { return rand.Text() }

type person struct {
	profile *chat.OwnProfile
	as      context.Context
}

func newPerson(client *chat.APIClient, name string) person {
	username := name + "-" + random()[:12]
	password := "correct horse battery"
	ctx := context.Background()
	account := chat.NewRegisterBody(username, username+"@example.org", password)
	profile := must(client.UsersAPI.RegisterUser(ctx).RegisterBody(*account).Execute())
	tokens := must(client.UsersAPI.LogIn(ctx).LoginBody(*chat.NewLoginBody(username, password)).Execute())
	return person{profile, context.WithValue(ctx, chat.ContextAccessToken, tokens.AccessToken)}
}

func seqs(messages []chat.Message) string {
	var all []int64
	for _, message := range messages {
		all = append(all, message.Seq)
	}
	return fmt.Sprint(all)
}

func main() {
	configuration := chat.NewConfiguration()
	configuration.Servers = chat.ServerConfigurations{{URL: os.Args[1]}}
	client := chat.NewAPIClient(configuration)

	wrong := chat.NewLoginBody("nobody", "wrong")
	_, _, err := client.UsersAPI.LogIn(context.Background()).LoginBody(*wrong).Execute()
	check(errorOf(err).Code == "invalid_credentials", "a wrong password", err)

	ada, grace := newPerson(client, "ada"), newPerson(client, "grace")
	as, others := ada.as, []int64{grace.profile.Id}

	open := *chat.NewCreateChatBody("direct", others)
	direct := must(client.ChatsAPI.CreateChat(as).CreateChatBody(open).Execute())
	again := must(client.ChatsAPI.CreateChat(as).CreateChatBody(open).Execute())
	check(direct.Id == again.Id && direct.Peer.Username == grace.profile.Username, "a direct chat", direct)
	named := *chat.NewCreateChatBody("group", others)
	_, _, err = client.ChatsAPI.CreateChat(as).CreateChatBody(named).Execute()
	refused := errorOf(err)
	check(refused.Code == "validation_failed" && refused.Errors[0].Path == "name", "a group without a name", err)
	named.SetName("Engines")
	group := must(client.ChatsAPI.CreateChat(as).CreateChatBody(named).Execute())
	check(len(group.Participants) == 2, "a group", group)
	check(must(client.ChatsAPI.ListChats(as).Execute()).Total == 2, "the list of chats")

	word := random()
	body := *chat.NewSendMessageBody(group.Id, "One "+word)
	body.SetClientMessageId("019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5")
	first := must(client.MessagesAPI.SendMessage(as).SendMessageBody(body).Execute())
	repeated := must(client.MessagesAPI.SendMessage(as).SendMessageBody(body).Execute())
	check(repeated.Id == first.Id && repeated.GetDuplicate() && !first.GetDuplicate(), "a repeated send")
	for _, text := range []string{"Two", "Three"} {
		must(client.MessagesAPI.SendMessage(as).SendMessageBody(*chat.NewSendMessageBody(group.Id, text)).Execute())
	}

	history := client.MessagesAPI.ListMessages
	page := must(history(as, group.Id).Page(1).Limit(2).Execute())
	check(seqs(page.Items) == "[3 2]" && page.GetTotal() == 3 && page.GetPages() == 2 && !page.HasHasMore(), "a page", page)
	newer := must(history(as, group.Id).AfterSeq(0).Limit(2).Execute())
	check(seqs(newer.Items) == "[1 2]" && newer.GetHasMore() && newer.GetNextAfterSeq() == 2, "after a cursor", newer)
	older := must(history(as, group.Id).BeforeSeq(2).Execute())
	check(seqs(older.Items) == "[1]" && !older.GetHasMore() && !older.HasTotal(), "before a cursor", older)

	found := must(client.MessagesAPI.SearchMessages(as).Q(word).Execute())
	check(found.Total == 1 && found.Items[0].Id == first.Id, "a search", found)

	known := []chat.KnownChat{*chat.NewKnownChat(group.Id, 0)}
	answer := must(client.MessagesAPI.Sync(as).SyncBody(*chat.NewSyncBody(known)).Execute())
	check(len(answer.Chats) == 1 && len(answer.Chats[0].Messages) == 3, "a sync", answer)
	check(len(answer.Joined) == 1 && answer.Joined[0].Id == direct.Id, "a sync of what is new", answer)

	check(must(client.RealTimeAPI.IssueTicket(as).Execute()).ExpiresIn == 60, "a ticket")
	must(client.RealTimeAPI.GetStats(as).Execute())

	// New fields of responses and new error codes may appear without notice.
	var tomorrow chat.ApiError
	err = json.Unmarshal([]byte(`{"detail":"No.","status_code":404,"code":"brand_new","more":{"a":1}}`), &tomorrow)
	check(err == nil && tomorrow.Code == "brand_new", "an error of tomorrow", err)
}
