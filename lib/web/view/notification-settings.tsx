import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { sentenceOf } from '../model/sentences.ts';
import { Devices } from './devices.tsx';
import { Switch } from './switch.tsx';
import { useModel } from './use-model.ts';

/** The notification settings: those of this browser, and those of the account. */
export const NotificationSettings = () => {
  const { notifications } = useModel();
  const problem = useSignal('');
  const load = async (): Promise<void> => {
    problem.value = '';
    try {
      await notifications.loadSettings();
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  };
  useEffect(() => void load(), []);
  return (
    <div class="settings">
      <ThisBrowser />
      {problem.value !== '' ? (
        <p class="hint" role="status">
          {problem.value}{' '}
          <button type="button" class="link-button" onClick={() => void load()}>
            Try again
          </button>
        </p>
      ) : (
        notifications.settings.value !== undefined && (
          <>
            <Preview />
            <QuietHours />
          </>
        )
      )}
      <Devices />
    </div>
  );
};

const states = {
  unsupported:
    'This browser cannot notify you here: it has no notifications, or the address of this page is not secure (https).',
  denied:
    'Your browser blocks notifications from this page. You can allow them in its settings for this page.',
  off: 'Your browser will ask for permission.',
} as const;

const ThisBrowser = () => {
  const { notifications, attempt } = useModel();
  const state = notifications.state.value;
  const isOn = state === 'on';
  return (
    <>
      <Switch
        label="Notify me in this browser"
        hint={
          state !== 'on'
            ? states[state]
            : notifications.isPushed.value
              ? 'Also while this page is closed.'
              : 'Only while this page is open in a tab: pushes do not reach this browser.'
        }
        isOn={isOn}
        disabled={state === 'unsupported' || state === 'denied'}
        onChange={(next) => void attempt(next ? notifications.turnOn : notifications.turnOff)}
      />
      <Switch
        label="With a sound"
        isOn={notifications.hasSound.value}
        disabled={!isOn}
        onChange={notifications.setSound}
      />
    </>
  );
};

const Preview = () => {
  const { notifications, attempt } = useModel();
  const settings = notifications.settings.value;
  if (settings === undefined) return null;
  return (
    <Switch
      label="Show what was written"
      hint="When this is off, a notification only says who wrote."
      isOn={settings.preview}
      onChange={(preview) => void attempt(() => notifications.saveSettings({ preview }))}
    />
  );
};

/** The quiet hours that are proposed to a user who has none. */
const NIGHT = { from: '22:00', to: '07:00' };

const QuietHours = () => {
  const { notifications, attempt } = useModel();
  const settings = notifications.settings.value;
  if (settings === undefined) return null;
  const { quiet } = settings;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const save = (next: typeof quiet): void => void attempt(() => notifications.saveSettings({ quiet: next }));
  return (
    <fieldset class="quiet-hours">
      <legend class="visually-hidden">Quiet hours</legend>
      <Switch
        label="Quiet hours"
        hint="You get no notifications during these hours, not even for mentions."
        isOn={quiet !== null}
        onChange={(isOn) => save(isOn ? { ...NIGHT, time_zone: here } : null)}
      />
      {quiet !== null && (
        <>
          <div class="hours">
            {(['from', 'to'] as const).map((end) => (
              <label key={end}>
                {end === 'from' ? 'From' : 'To'}
                <input
                  type="time"
                  required
                  value={quiet[end]}
                  onChange={({ currentTarget: { value } }) => {
                    if (value !== '') save({ ...quiet, [end]: value });
                  }}
                />
              </label>
            ))}
          </div>
          <p class="hint">
            In the time zone {quiet.time_zone}.{' '}
            {quiet.time_zone !== here && (
              <button type="button" class="link-button" onClick={() => save({ ...quiet, time_zone: here })}>
                Use {here}, where you are
              </button>
            )}
          </p>
        </>
      )}
    </fieldset>
  );
};
