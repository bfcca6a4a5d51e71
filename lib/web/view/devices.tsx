import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Device } from '../../client/types.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { dayName } from './times.ts';
import { useModel } from './use-model.ts';

/** More than a user may have. */
const ALL = 100;

/** The devices that are pushed to. */
export const Devices = () => {
  const model = useModel();
  const { notifications } = model;
  const devices = useSignal<readonly Device[] | undefined>(undefined);
  const problem = useSignal('');
  const own = notifications.deviceId.value;
  const load = async (): Promise<void> => {
    try {
      devices.value = (await model.api.listDevices({ limit: ALL })).items;
      problem.value = '';
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  };
  // Anew when this browser becomes one, or is one no longer.
  useEffect(() => void load(), [own]);
  const remove = (device: Device): void =>
    void model.attempt(async () => {
      await (device.id === own ? notifications.turnOff() : model.api.removeDevice(device.id));
      await load();
    });
  const found = devices.value ?? [];
  return (
    <section aria-labelledby="devices-title">
      <h4 id="devices-title">Devices that get notifications</h4>
      {found.length === 0 && (
        <p class="hint" role="status">
          {problem.value !== '' ? problem.value : devices.value === undefined ? 'Loading…' : 'None.'}
        </p>
      )}
      <ul class="rows">
        {found.map((device) => {
          const name = device.name ?? (device.kind === 'fcm' ? 'A phone' : 'A browser');
          return (
            <li key={device.id}>
              <span>
                <bdi>{name}</bdi>
                {device.id === own && ' (this browser)'}
                <span class="hint">Since {dayName(device.created_at)}</span>
              </span>
              <button
                type="button"
                class="link-button"
                aria-label={`Remove ${name}`}
                onClick={() => remove(device)}
              >
                Remove
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
};
