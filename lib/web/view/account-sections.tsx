import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { navigate, pathOf } from '../model/router.ts';
import { BlockedPeople } from './blocked-people.tsx';
import { navigateOnClick } from './navigate-on-click.ts';
import { NotificationSettings } from './notification-settings.tsx';
import { Sessions } from './sessions.tsx';
import { useModel } from './use-model.ts';

/** A section of the account settings; its contents are loaded when it is opened. */
const Section = (props: { readonly title: string; readonly children: () => ComponentChildren }) => {
  const isOpen = useSignal(false);
  return (
    <details class="account-drawer" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>
        <h3>{props.title}</h3>
      </summary>
      {isOpen.value && props.children()}
    </details>
  );
};

/**
 * The sections for notifications, blocked users and sessions, and for moderators a link to their page.
 *
 * @param props.onLeave closes the window around the sections
 */
export const AccountSections = ({ onLeave }: { readonly onLeave: () => void }) => {
  const model = useModel();
  return (
    <div class="account-sections">
      <Section title="Notifications">{() => <NotificationSettings />}</Section>
      <Section title="Blocked people">{() => <BlockedPeople />}</Section>
      <Section title="Where you are logged in">{() => <Sessions />}</Section>
      {model.user.value?.role === 'moderator' && (
        <a
          class="account-drawer"
          href={pathOf({ page: 'moderation' })}
          onClick={(event) =>
            navigateOnClick(event, () => {
              onLeave();
              navigate({ page: 'moderation' });
            })
          }
        >
          Moderation
        </a>
      )}
    </div>
  );
};
