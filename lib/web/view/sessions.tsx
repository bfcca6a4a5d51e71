import { ChatError } from '../../client/chat-client.ts';
import type { UserSession } from '../../../functions/sessions/contract.ts';
import { deviceName } from '../model/device-name.ts';
import { sentenceOf } from '../model/sentences.ts';
import { ListFoot } from './list-foot.tsx';
import { exactTime, timeAgo } from './times.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

/** The user's sessions, each with a button to end it. */
export const Sessions = () => {
  const model = useModel();
  const rows = useKeptFocus<HTMLUListElement>();
  const list = usePages<UserSession>(
    (page) => model.api.listSessions(page),
    ({ id }) => id,
  );
  const end = async ({ id, user_agent }: UserSession): Promise<void> => {
    try {
      await model.api.endSession(id);
    } catch (error) {
      // The session has ended in the meantime, which is the desired result.
      if (!(error instanceof ChatError) || error.code !== 'session_not_found') {
        list.message.value = sentenceOf(error);
        return;
      }
    }
    list.remove(id);
    list.message.value = `${deviceName(user_agent)} is logged out.`;
  };

  return (
    <div class="settings">
      <ul class="rows" ref={rows} tabIndex={-1} aria-label="Where you are logged in">
        {list.items.value?.map((session) => (
          <li key={session.id} class="row">
            <span class="row-text">
              <span title={session.user_agent ?? ''}>
                <bdi>{deviceName(session.user_agent)}</bdi>
              </span>
              <span class="hint">
                {session.current ? (
                  'This one'
                ) : (
                  <>
                    Last seen{' '}
                    <time dateTime={session.last_seen} title={exactTime(session.last_seen)}>
                      {timeAgo(session.last_seen)}
                    </time>
                  </>
                )}
                {', logged in '}
                <time dateTime={session.created_at} title={exactTime(session.created_at)}>
                  {timeAgo(session.created_at)}
                </time>
              </span>
            </span>
            {!session.current && (
              <button
                type="button"
                class="button danger"
                aria-label={`Log out ${deviceName(session.user_agent)}, last seen ${timeAgo(session.last_seen)}`}
                onClick={() => void end(session)}
              >
                Log out
              </button>
            )}
          </li>
        ))}
      </ul>
      <ListFoot list={list} empty="Nowhere." />
    </div>
  );
};
